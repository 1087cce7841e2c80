// hello-c: what the start page says, and the requests that `--check` makes.

import type { Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-c',
  title: 'Hello from C',
  language: 'C',
  about: 'Ten lines without CGI: what is printed is the body.',
  source: 'hello.c',
  checks: [{ link: 'Hello', path: '/hello-c', has: ['Hello from C.\n'] }],
};
