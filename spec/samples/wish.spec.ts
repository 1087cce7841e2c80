// The demo's command line.

import { expect } from 'chai';

import { readWish } from '../../samples/wish.js';

describe('the demo’s command line', () => {
  const table: [string, string[], object | RegExp][] = [
    [
      'defaults to port 8080 and no check',
      [],
      { port: 8080, wordpress: false, check: false, help: false },
    ],
    ['takes a port', ['--port', '81'], { port: 81, wordpress: false, check: false, help: false }],
    [
      'takes a port behind =',
      ['--port=65535'],
      { port: 65_535, wordpress: false, check: false, help: false },
    ],
    ['takes --check', ['--check'], { port: 8080, wordpress: false, check: true, help: false }],
    [
      'takes --with wordpress',
      ['--with', 'wordpress'],
      { port: 8080, wordpress: true, check: false, help: false },
    ],
    [
      'refuses to go with another program',
      ['--with', 'drupal'],
      /^--with must be wordpress, not "drupal"$/,
    ],
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
});
