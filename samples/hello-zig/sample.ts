// hello-zig: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-zig',
  title: 'Hello from Zig',
  language: 'Zig',
  about: 'A few kilobytes without a C library. Whom to greet is said in the configuration.',
  source: 'hello.zig',
  checks: [
    {
      link: 'Hello',
      path: '/hello-zig',
      headers: PLAIN,
      has: ['Hello Apache, from Zig.\n', 'Hello all of you, from Zig.\n'],
    },
  ],
};
