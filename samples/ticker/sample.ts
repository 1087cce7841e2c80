// ticker: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'ticker',
  title: 'Ticker',
  language: 'C',
  about: 'Ten lines, one every 200 ms. Each is sent before the next one is waited for.',
  source: 'ticker.c',
  checks: [
    {
      link: 'Watch it',
      path: '/ticker',
      headers: PLAIN,
      has: ['line 1 of 10\n', 'line 10 of 10\n'],
      streamsMs: 1000,
    },
  ],
};
