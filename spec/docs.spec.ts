import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { LAYOUT_NAMES } from '../bin/init/layouts.js';
import { OPTIONS } from '../lib/config/options.js';
import { faultReference, optionReference } from '../lib/config/reference.js';
import { FAULTS } from '../lib/faults.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** Without what a formatter adds to tables. */
const source = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'faults.ts')
  .map((name) => read(join('lib', name)))
  .join('\n');
const plain = (text: string): string => text.replaceAll(/[ -]+/g, ' ');

describe('the documentation', () => {
  it('has the reference that the option table gives (npm run docs writes it)', () => {
    expect(OPTIONS.length).to.be.greaterThan(20);
    const readme = plain(read('lib/config/README.md'));
    for (const line of optionReference().split('\n')) expect(readme).to.include(plain(line));
  });

  it('has cause and remedy of every code of a failed request (npm run docs writes them)', () => {
    const manual = read('docs/troubleshooting.md');
    expect(manual).to.include(faultReference());
  });

  it('explains no code that nothing is refused with', () => {
    const codes = Object.keys(FAULTS);
    expect(codes.length).to.be.greaterThan(20);
    expect(codes.filter((code) => !source.includes(`'${code}'`))).to.deep.equal([]);
  });

  it('explains every event that is logged as a warning or an error', () => {
    const events = [...source.matchAll(/\('(?:warn|error)', '([\w.-]+)'/g)].map(([, name]) => name);
    expect(events.length).to.be.greaterThan(8);
    const manual = read('docs/troubleshooting.md');
    for (const event of events) expect(manual).to.include(`\`${event}\``);
  });

  it('quotes messages of the Apache module as its source has them', () => {
    const quoted = [
      'add its LoadModule line',
      'a key has 32 to 4,000 characters',
      'needs a "\n                         "WasmServer of its own, not auto',
      'WasmServer "\n                         "without WasmKeyFile',
      'no such file, and no WasmModule is set here',
      'not a WebAssembly file',
    ];
    const manual = read('docs/troubleshooting.md');
    const files = readdirSync(join(ROOT, 'apache')).filter((name) => name.endsWith('.c'));
    const text = files.map((name) => read(join('apache', name))).join('\n');
    for (const words of quoted) {
      expect(text).to.include(words);
      expect(manual).to.include(words.replaceAll(/"\n *"/g, ''));
    }
  });

  it('names in SECURITY.md options, directives, specs and files that there are', () => {
    const text = read('SECURITY.md');
    const directives = read('apache/directives.c');
    const options = new Set(OPTIONS.map(({ name }) => name));
    for (const [, name] of text.matchAll(
      /`(?:--)?((?:allow|spool|key|user|memory|workers)[a-z-]*)`/g,
    )) {
      expect(options.has(name ?? ''), name).to.equal(true);
    }
    for (const [name] of text.matchAll(/Wasm[A-Z]\w+/g)) expect(directives, name).to.include(name);
    const places = [...text.matchAll(/(?:spec|apache)\/[\w./]*\w/g)].map(([place]) => place);
    expect(places.length).to.be.greaterThan(10);
    for (const place of places) expect(existsSync(join(ROOT, place)), place).to.equal(true);
  });

  it('has links to files that there are', () => {
    const files = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    const links = files.flatMap((name) =>
      Array.from(read(`docs/${name}`).matchAll(/\]\((\.[^)#]*)/g)),
    );
    expect(links.length).to.be.greaterThan(10);
    for (const [, link = ''] of links)
      expect(existsSync(join(ROOT, 'docs', link)), link).to.equal(true);
  });

  it('names every layout of Apache that init knows in the README', () => {
    const readme = read('README.md');
    for (const name of LAYOUT_NAMES) expect(readme).to.include(`| \`${name}\` `);
  });

  it('names every command of package.json that a user types', () => {
    const readme = read('README.md');
    for (const name of ['demo', 'check', 'bench', 'soak', 'fuzz'])
      expect(readme).to.include(`npm run ${name}`);
    expect(readme).to.include('npm test');
  });
});
