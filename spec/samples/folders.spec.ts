// Every sample is whole: what it is, its source, its configuration, its checks, its built file.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { SAMPLES } from '../../samples/checks.js';
import { EXTRAS } from '../../samples/extras.js';
import { renderAbout, renderPage } from '../../samples/page.js';
import { escapeHtml } from '../../samples/readme.js';
import { runCommand } from '../program.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = `${ROOT}samples/`;
const LARGEST_WASM_BYTES = 512 * 1024;
const LEAST_WORDS = 100;
const ALL = [...SAMPLES, ...EXTRAS.map(({ sample }) => sample)];

function read(path: string): string {
  return readFileSync(FOLDER + path, 'utf8');
}

describe('the samples', () => {
  it('have one row of checks for each folder, and no other', () => {
    const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((e) => e.isDirectory());
    const names = ALL.map((sample) => sample.name);
    expect(names.toSorted()).to.deep.equal(folders.map((folder) => folder.name).sort());
  });

  for (const { name, source, checks } of ALL) {
    describe(name, () => {
      it('says what it is, how it is built and what to request, in its README', () => {
        const readme = read(`${name}/README.md`);
        expect(readme).to.match(/^# \S.*\n\n\S/);
        expect(readme).to.include('- Build: ');
        expect(readme).to.match(/^(?:.*\| )?curl .*http:\/\/127\.0\.0\.1:8080\//m);
      });

      it('has its source and a link to a page', () => {
        expect(read(`${name}/${source}`)).to.not.equal('');
        expect(checks.some(({ link }) => link !== undefined)).to.equal(true);
      });

      it('is reached by its configuration at the paths of its checks', () => {
        const places = [...read(`${name}/httpd.conf`).matchAll(/^ *(?:<Location|Alias) "(.*?)"/gm)];
        expect(places).to.have.length.above(0);
        for (const { path } of checks)
          expect(
            places.some(([, place = '?']) => path.startsWith(place)),
            path,
          ).to.equal(true);
      });

      it(`has built files that would run, below ${LARGEST_WASM_BYTES} bytes`, () => {
        const built = readdirSync(FOLDER + name).filter((file) => file.endsWith('.wasm'));
        for (const file of built) {
          const path = `${FOLDER}${name}/${file}`;
          expect(statSync(path).size, file).to.be.below(LARGEST_WASM_BYTES);
          expect(runCommand(['check', path]).stdout, file).to.match(/: would run(?:, and .*)?\n$/);
        }
        // Interpreters come from npm; every other program of a configuration is a file of this folder.
        const named = read(`${name}/httpd.conf`).match(/\$\{SAMPLES\}\/.*?\.wasm"/g) ?? [];
        if (!/AddHandler wasm-handler \.wasm/.test(read(`${name}/httpd.conf`)))
          expect(built).to.have.length(named.length);
      });
    });
  }

  it('are what npm’s compilers make of their sources', function () {
    this.timeout(30_000);
    const words = [`${FOLDER}build.mjs`, '--check', 'hello-wat', 'hello-as'];
    const said = execFileSync(process.execPath, words, { encoding: 'utf8' });
    expect(said.trim().split('\n')).to.have.length(2);
  });
});

describe('the start page', () => {
  const page = renderPage(read('index.html'), SAMPLES);

  it('lists every sample with its links', () => {
    for (const { name, checks } of SAMPLES) {
      expect(page).to.include(`id="${name}"`);
      expect(page).to.include(`href="/about/${name}.html"`);
      for (const { link, path } of checks) {
        if (link !== undefined) expect(page).to.include(`href="${path.replaceAll('&', '&amp;')}"`);
      }
    }
  });

  it('needs nothing from other servers', () => {
    expect(page + read('style.css')).to.not.match(/https?:|@import|url\(/);
  });

  it('refuses a template without a place for the programs', () => {
    expect(() => renderPage('<html>', SAMPLES)).to.throw('no place for the programs');
  });
});

describe('the page about a sample', () => {
  for (const sample of ALL) {
    it(`explains ${sample.name}, and shows a request, its configuration and its source`, () => {
      const page = renderAbout(sample, (file) => read(`${sample.name}/${file}`));
      const [text = '', commands = ''] = read(`${sample.name}/README.md`).split('```sh\n');
      // Ten lines of a page, or near to it.
      expect(text.split(/\s+/).length).to.be.above(LEAST_WORDS);
      for (const line of commands.split('```')[0]?.trim().split('\n') ?? [])
        expect(page).to.include(escapeHtml(line));
      expect(page).to.include(escapeHtml(read(`${sample.name}/httpd.conf`)));
      expect(page).to.include(escapeHtml(read(`${sample.name}/${sample.source}`)));
      expect(page.replace(/<pre>[^]*?<\/pre>|<code>.*?<\/code>/g, '')).to.not.match(/`|\]\(|\*\*/);
    });
  }
});
