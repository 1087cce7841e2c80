// hello-command: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'hello-command',
  title: 'Hello from a command of WASI 0.2',
  language: 'WASI 0.2',
  about:
    'A component with a main function, in C: CGI as ever, and wasi:config for what WasmEnv says.',
  source: 'hello.c',
  checks: [
    {
      link: 'Hello',
      path: '/hello-command?a=1',
      headers: PLAIN,
      has: ['Hello from a command: a=1\ncolour is configured as green\n'],
      lacks: ['SERVER_NAME'],
    },
    { path: '/hello-command', form: { a: '1' }, headers: PLAIN, has: ['colour is configured'] },
  ],
};
