// limits: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'limits',
  title: 'Limits',
  language: 'C',
  about: 'A program that takes all it can get, and gets no more than one request may.',
  source: 'limits.c',
  checks: [
    { path: '/limits', headers: HTML, has: ['Take all the time'] },
    { link: 'All the time', path: '/limits?time', status: 504, longestMs: 20_000 },
    { link: 'All the memory', path: '/limits?memory', has: ['No more memory after 2'] },
    { link: 'All the disk', path: '/limits?disk', has: ['File too large after 64 MB'] },
  ],
};
