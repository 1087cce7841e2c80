// The prelude for Perl: each page is the same, byte for byte, as it is, with the prelude, and from a
// snapshot. What is random in it is random in each.

import { expect } from 'chai';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { perlCommand } from '../../samples/perl/command.js';
import { ask, makeBed, type Answer, type Bed, type Question } from '../apache/bed.js';
import { serverUser, wirings } from '../apache/wirings.js';
import { blocksOf } from '../docs/blocks.js';
import { PERL_FILES } from './perl-programs.js';
import { repeatedAt, ROUNDS } from './shown.js';
import { keepFunctions, makeSpool } from './spool.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PRELUDE = 'lib/snapshot/preludes/WasmFcgi.pm';
const SAMPLE = 'samples/perl/app/request.pl';
const LONGEST_BUILDS_MS = 300_000;

/** The script as it is, with the prelude, and from a snapshot. */
const PLACES = ['bare', 'with', 'warm'] as const;
const SCRIPTS = ['request', 'ends', 'unseeded'];
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const PAGES: readonly (readonly [url: string, question?: Question])[] = [
  ['request?name=you'],
  ['request?format=json&name=%C3%A9'],
  ['request/path/info?a=b', { headers: { cookie: 'a=b', 'x-odd': '\xe9' } }],
  ['request', { method: 'POST', headers: FORM, body: 'name=a+%3Cguest%3E' }],
  ['request', { method: 'HEAD' }],
  ['ends?', { method: 'POST', body: 'a body' }],
  ...['status', 'die', 'warn', 'require', 'subs', 'local', 'file'].map((how): readonly [string] => [
    `ends?${how}`,
  ]),
];

describe('the prelude for snapshots of Perl', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async function () {
    this.timeout(LONGEST_BUILDS_MS);
    bed = await makeBed();
    await copyFile(perlCommand(ROOT), bed.at('perl.wasm'));
    await chmod(bed.at('perl.wasm'), 0o644);
    for (const [file, from] of [
      ['preludes/WasmFcgi.pm', PRELUDE],
      ['app/request.pl', SAMPLE],
    ] as const)
      await bed.write(file, await readFile(path.join(ROOT, from)));
    for (const [name, text] of Object.entries(PERL_FILES)) await bed.write(name, text);
    await makeSpool(bed.at('spool'), await serverUser());
    const [auto] = wirings;
    if (auto === undefined) throw new Error('no way to a responder');
    const command = await stageProgram(bed.dir, BUILT);
    httpd = await auto.start({
      command: [...command, '--spool-dir', bed.at('spool'), '--queue-timeout', '60s'],
      so: bed.so,
      dir: bed.dir,
      modules: ['alias'],
      config: (handler) => configOf(bed, handler),
    });
    await Promise.all(SCRIPTS.map((name) => ask(httpd, `/warm-${name}?round`)));
    const end = `snapshot-(?:refused|failed).*|(?:snapshot-built[^]*){${SCRIPTS.length}}`;
    const [said] = await httpd.logged(new RegExp(end), LONGEST_BUILDS_MS);
    expect(said).to.not.match(/^snapshot-(?:refused|failed)/);
    await keepFunctions(bed.at('spool'));
  });
  after(async () => {
    try {
      await httpd?.stop();
    } finally {
      await bed?.clear();
    }
  });

  /** The answers of all places to the same request. */
  async function answersOf(url: string, question?: Question): Promise<Answer[]> {
    const answers = [];
    for (const place of PLACES) {
      const { status, headers, text } = await ask(httpd, `/${place}-${url}`, question);
      delete headers.date;
      const masked = text.replaceAll(`/${place}-`, '/bare-').replace(/REMOTE_PORT<td>\d+/, '');
      answers.push({ status, headers, text: masked });
    }
    return answers;
  }

  // First, since V8 optimizes its module in the background, and its end waits for that.
  it('does what a script that asks by itself, and seeds nothing, does not', async () => {
    const cloned = ['rand', 'integer', 'shuffle', 'mktemp', 'hash'].toSorted();
    const [starts, repeated] = await repeatedAt(httpd, '/warm-unseeded', 'round');
    expect([starts, repeated.toSorted()]).to.deep.equal([1, cloned]);
  });

  for (const [url, question] of PAGES) {
    const { method = 'GET' } = question ?? {};
    it(`gives the page of ${method} ${url}`, async () => {
      const [plain, prelude, snapshot] = await answersOf(url, question);
      expect(prelude).to.deep.equal(plain);
      expect(snapshot).to.deep.equal(plain);
    });
  }

  it('is shown what a page is', async () => {
    const [, , request] = await answersOf('request?name=you');
    expect(request?.text).to.include('Hello you, from Perl v5.42.0');
    const [, , ends] = await answersOf('ends?status', { method: 'POST', body: 'a body,' });
    expect(ends?.text).to.match(
      /^begun \/app\/ends.pl one \/app\/ends.pl main main a body,the data\nbegan now\n/,
    );
    expect(ends?.text).to.match(/\nat the end 3\ndestroyed\n$/);
  });

  it('says in the log what Perl says, without a word of the prelude', async () => {
    const log = await readFile(httpd.errorLog, 'utf8');
    for (const [how, words] of [
      ['die', ['dead at /app/ends.pl line 13, <DATA> line 1.']],
      [
        'warn',
        [
          'in INIT: warn',
          'a warning at /app/ends.pl line 14, <DATA> line 1.',
          'Use of uninitialized value $none in concatenation (.) or string at /app/ends.pl line 14, <DATA> line 1.',
        ],
      ],
    ] as const) {
      const said = PLACES.map((place) =>
        [
          ...log.matchAll(
            new RegExp(` guest-stderr .* url="?/${place}-ends\\?${how}"? .*? text=(.*)`, 'g'),
          ),
        ]
          .map(([, text]) => text?.replaceAll('"', ''))
          .filter((text) => text !== 'perl starts'),
      );
      expect(said).to.deep.equal([words, words, words]);
    }
  });

  it('saves every start of the interpreter', async () => {
    const log = await readFile(httpd.errorLog, 'utf8');
    const built = log.lastIndexOf(' snapshot-built ');
    const starts = [...log.slice(built).matchAll(/ guest-stderr .* url="?\/(\w+)-.* starts/g)];
    expect(built).to.be.greaterThan(0);
    expect(new Set(starts.map(([, place]) => place))).to.deep.equal(new Set(['bare', 'with']));
  });

  it('leaves nothing random to be the same in two requests, but the order of hashes', async () => {
    expect(await repeatedAt(httpd, '/with-ends', 'round')).to.deep.equal([ROUNDS, []]);
    expect(await repeatedAt(httpd, '/warm-ends', 'round')).to.deep.equal([1, ['hash']]);
  });
});

/** The block of the page, for a script of ours in each of the places. */
function configOf(bed: Bed, handler: string): string {
  const shown = blocksOf('docs/snapshots.md').find(({ text }) => text.includes('-MWasmFcgi'));
  const lines = shown?.text.split('\n') ?? [];
  return SCRIPTS.flatMap((name) =>
    PLACES.map((place) =>
      lines
        .filter((line) => place === 'warm' || !line.includes('WasmSnapshot'))
        .filter((line) => (place !== 'bare' && name !== 'unseeded') || !line.includes('WasmArg -'))
        .join('\n')
        .replace('"/request"', `"/${place}-${name}"`)
        .replace('SetHandler wasm-handler', `${handler}\n    WasmTimeout 60`)
        .replace('/app/request.pl', `/app/${name}.pl${name === 'ends' ? '\n    WasmArg one' : ''}`)
        .replace('/srv/wasm/perl.wasm', bed.at('perl.wasm'))
        .replace('/srv/wasm/preludes', bed.at('preludes'))
        .replace('/srv/www/app', bed.at('app')),
    ),
  ).join('\n');
}
