// ask-others: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'ask-others',
  title: 'Ask other servers',
  language: 'WASI 0.2',
  about:
    'A component asks two servers over HTTP: the one that WasmAllowHost names, and one that nobody allowed.',
  source: 'ask-others.c',
  checks: [
    {
      link: 'Ask',
      path: '/ask-others',
      headers: PLAIN,
      has: [
        'status 200\nHello from /hello-component?from=ask-others.\n',
        'GET http://169.254.169.254/latest/meta-data/\n',
        'secrets:\nHTTP-request-denied\n',
      ],
    },
  ],
};
