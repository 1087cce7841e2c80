// drop-in: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'drop-in',
  title: 'A directory of programs',
  language: 'C',
  about: 'Drop a .wasm file into a directory and ask for it by its name.',
  source: 'clock.c',
  checks: [
    {
      link: 'clock.wasm',
      path: '/drop-in/clock.wasm',
      headers: PLAIN,
      has: ['/drop-in/clock.wasm says: '],
    },
    { path: '/drop-in/none.wasm', status: 404 },
  ],
};
