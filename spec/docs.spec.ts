import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { OPTIONS } from '../lib/config/options.js';
import { optionReference } from '../lib/config/reference.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** Without what a formatter adds to tables. */
const plain = (text: string): string => text.replaceAll(/[ -]+/g, ' ');

describe('the documentation', () => {
  it('has the reference that the option table gives (npm run docs writes it)', () => {
    expect(OPTIONS.length).to.be.greaterThan(20);
    const readme = plain(read('lib/config/README.md'));
    for (const line of optionReference().split('\n')) expect(readme).to.include(plain(line));
  });

  it('names every directive of the Apache module in the README', () => {
    const source = read('apache/directives.c') + read('apache/mod_wasm.c');
    const names = new Set(source.match(/(?<=")Wasm[A-Z]\w+(?=")/g));
    expect(names.size).to.be.greaterThan(15);
    const readme = read('README.md');
    for (const name of names) expect(readme, name).to.include(name);
  });

  it('names every command of package.json that a user types', () => {
    const readme = read('README.md');
    for (const name of ['demo', 'check', 'bench']) expect(readme).to.include(`npm run ${name}`);
    expect(readme).to.include('npm test');
  });
});
