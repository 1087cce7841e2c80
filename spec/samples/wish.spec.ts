// The demo's command line.

import { expect } from 'chai';

import { EXTRAS } from '../../samples/extras.js';
import { readWish, USAGE } from '../../samples/wish.js';

type Row = [string, string[], object | RegExp];

const [wordpress, contrast] = EXTRAS;
const WITH = {
  '--with wordpress': [wordpress],
  '--with contrast': [contrast],
  // In the order of the start page, and each once.
  '--with contrast --with wordpress --with contrast': [wordpress, contrast],
};

describe('the demo’s command line', () => {
  const table: Row[] = [
    [
      'defaults to port 8080 and no check',
      [],
      { port: 8080, extras: [], check: false, help: false },
    ],
    ['takes a port', ['--port', '81'], { port: 81, extras: [], check: false, help: false }],
    [
      'takes a port behind =',
      ['--port=65535'],
      { port: 65_535, extras: [], check: false, help: false },
    ],
    ['takes --check', ['--check'], { port: 8080, extras: [], check: true, help: false }],
    ...Object.entries(WITH).map(([words, extras]): Row => [
      `takes ${words}`,
      words.split(' '),
      { port: 8080, extras, check: false, help: false },
    ]),
    [
      'refuses to go with another program',
      ['--with', 'wordpress', '--with', 'drupal'],
      /^--with must be wordpress or contrast, not "drupal"$/,
    ],
    ['refuses to go with nothing', ['--with'], /--with/],
    ['refuses to go with an empty name', ['--with', ''], /not ""$/],
    ['refuses port 0', ['--port', '0'], /^--port must be 1\.\.65535, not "0"$/],
    ['refuses port 65536', ['--port', '65536'], /not "65536"$/],
    ['refuses a port that is no number', ['--port', '80a'], /not "80a"$/],
    ['refuses an unknown option', ['--prot', '1'], /--prot/],
    ['refuses other words', ['check'], /check/],
  ];
  for (const [title, words, expected] of table) {
    it(title, () => {
      const wish = readWish(words);
      if (expected instanceof RegExp) expect(wish).to.match(expected);
      else expect(wish).to.deep.equal(expected);
    });
  }

  it('names each of the programs in its usage', () => {
    for (const { sample } of EXTRAS) expect(USAGE).to.include(`\n  --with ${sample.name} `);
    for (const line of USAGE.split('\n')) expect(line.length, line).to.be.below(100);
  });
});
