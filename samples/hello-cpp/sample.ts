// hello-cpp: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-cpp',
  title: 'Hello from C++',
  language: 'C++',
  about: 'A vector of strings, printed. The configuration says what kind of text it is.',
  source: 'hello.cpp',
  checks: [
    {
      link: 'Hello',
      path: '/hello-cpp',
      headers: PLAIN,
      has: ['Hello from C++.\n', '\u3053\u3093\u306b\u3061\u306f from C++.\n'],
    },
  ],
};
