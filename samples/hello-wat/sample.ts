// hello-wat: what the start page says, and the requests that `--check` makes.

import type { Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-wat',
  title: 'Hello by hand',
  language: 'WebAssembly',
  about: 'No compiler, no libc: one import, one call, 159 bytes.',
  source: 'hello.wat',
  checks: [{ link: 'Hello', path: '/hello-wat', has: ['Hello from WebAssembly, by hand\n'] }],
};
