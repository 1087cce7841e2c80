// request-viewer: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'request-viewer',
  title: 'What a program sees',
  language: 'C',
  about: 'Arguments, environment, directories and request body: all that a program is given.',
  source: 'request-viewer.c',
  checks: [
    {
      link: 'A request',
      path: '/request-viewer/some/path?a=b&c=%41',
      headers: HTML,
      has: [
        '<th>argv[0]<td>request-viewer.wasm',
        '<th>argv[2]<td>two words',
        '<th>GREETING<td>Hello from httpd.conf',
        '<th>PATH_INFO<td>/some/path',
        '<th>QUERY_STRING<td>a=b&amp;c=%41',
        '<th>/shown<td>read only',
        '<th>/tmp<td>read and write',
      ],
      lacks: ['<th>PATH<td>', '<th>DOCUMENT_ROOT<td>', '<th>WASM_'],
    },
    { path: '/request-viewer', form: { text: '<b>' }, has: ['Body, 12 bytes', 'text=%3Cb%3E'] },
  ],
};
