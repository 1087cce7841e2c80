// perl: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'perl',
  title: 'Perl',
  language: 'Perl 5.42',
  about: 'A CGI script that was written for any server: a form, the environment, JSON.',
  source: 'app/request.pl',
  checks: [
    {
      link: 'A page',
      path: '/perl',
      headers: HTML,
      has: ['Hello world, from Perl v5.42.0 on wasi, by GET', '<th>SERVER_PROTOCOL<td>'],
      lacks: ['<th>PATH<td>', '<th>DOCUMENT_ROOT<td>'],
    },
    {
      link: 'JSON',
      path: '/perl?format=json&name=J%C3%BCrgen+B',
      headers: { 'content-type': 'application/json' },
      has: ['"name" : "J\u00fcrgen B"'],
    },
    {
      path: '/perl?from=query',
      form: { name: 'a <guest>' },
      has: ['Hello a &lt;guest&gt;', 'by POST', '<th>QUERY_STRING<td>from=query'],
    },
    { path: '/perl?name=query&format=json', form: { name: 'form' }, has: ['"name" : "form"'] },
  ],
};
