// The prelude for Perl: each page is the same, byte for byte, as it is, with the prelude, and from a
// snapshot. What is random in it is random in each.

import { expect } from 'chai';
import { perlCommand } from '../../samples/perl/command.js';
import type { Question } from '../apache/bed.js';
import { PERL_FILES } from './perl-programs.js';
import { LONGEST_BUILDS_MS, type Places, ROOT, startPlaces, startsAt } from './places.js';
import { repeatedAt, ROUNDS } from './shown.js';

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
  let places: Places;

  before(async function () {
    this.timeout(LONGEST_BUILDS_MS);
    places = await startPlaces({
      module: [perlCommand(ROOT), 'perl.wasm'],
      prelude: ['WasmFcgi.pm', '-I/preludes', '-MWasmFcgi'],
      sample: 'samples/perl/app/request.pl',
      names: ['request', 'ends', 'unseeded'],
      files: PERL_FILES,
    });
  });
  after(() => places?.stop());

  // First, since V8 optimizes its module in the background, and its end waits for that.
  it('does what a script that asks by itself, and seeds nothing, does not', async () => {
    const cloned = ['rand', 'integer', 'shuffle', 'mktemp', 'hash'].toSorted();
    const [starts, repeated] = await repeatedAt(places.httpd, '/warm-unseeded', 'round');
    expect([starts, repeated.toSorted()]).to.deep.equal([1, cloned]);
  });

  for (const [url, question] of PAGES) {
    const { method = 'GET' } = question ?? {};
    it(`gives the page of ${method} ${url}`, async () => {
      const [plain, prelude, snapshot] = await places.answersOf(url, question);
      expect(prelude).to.deep.equal(plain);
      expect(snapshot).to.deep.equal(plain);
    });
  }

  it('is shown what a page is', async () => {
    const [, , request] = await places.answersOf('request?name=you');
    expect(request?.text).to.include('Hello you, from Perl v5.42.0');
    const [, , ends] = await places.answersOf('ends?status', { method: 'POST', body: 'a body,' });
    expect(ends?.text).to.match(
      /^begun \/app\/ends.pl one \/app\/ends.pl main main a body,the data\nbegan now\n/,
    );
    expect(ends?.text).to.match(/\nat the end 3\ndestroyed\n$/);
  });

  it('says in the log what Perl says, without a word of the prelude', async () => {
    const died = ['dead at /app/ends.pl line 13, <DATA> line 1.'];
    expect(await places.saidBy('ends?die')).to.deep.equal([died, died, died]);
    const warned = [
      'in INIT: warn',
      'a warning at /app/ends.pl line 14, <DATA> line 1.',
      'Use of uninitialized value $none in concatenation (.) or string at /app/ends.pl line 14, <DATA> line 1.',
    ];
    expect(await places.saidBy('ends?warn')).to.deep.equal([warned, warned, warned]);
  });

  it('saves every start of the interpreter', async () => {
    expect(await startsAt(places.httpd)).to.deep.equal(new Set(['bare', 'with']));
  });

  it('leaves nothing random to be the same in two requests, but the order of hashes', async () => {
    expect(await repeatedAt(places.httpd, '/with-ends', 'round')).to.deep.equal([ROUNDS, []]);
    expect(await repeatedAt(places.httpd, '/warm-ends', 'round')).to.deep.equal([1, ['hash']]);
  });
});
