// hello-component: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-component',
  title: 'Hello from a component',
  language: 'WASI 0.2',
  about:
    'A component of wasi:http, in C: a function is called with the request and sets a response.',
  source: 'hello.c',
  checks: [
    {
      link: 'Hello',
      path: '/hello-component?a=1',
      headers: PLAIN,
      has: ['Hello from /hello-component?a=1.\n'],
    },
    { path: '/hello-component', form: { a: '1' }, headers: PLAIN, has: ['Hello from '] },
  ],
};
