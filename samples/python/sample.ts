// python: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'python',
  title: 'Python',
  language: 'Python 3.12',
  about: 'A CGI script with the standard library. Ask it to open a file of the server: it cannot.',
  source: 'app/hello.py',
  checks: [
    { link: 'A page', path: '/python', headers: HTML, has: ['Hello world, from Python 3.12'] },
    {
      link: 'JSON',
      path: '/python?format=json&name=you',
      headers: { 'content-type': 'application/json' },
      has: ['"hello": "you"'],
    },
    {
      link: 'Open /etc/passwd',
      path: '/python?open=/etc/passwd',
      has: ['class="refused"'],
      lacks: ['root:'],
    },
    { link: 'Open its own source', path: '/python?open=/app/hello.py', has: ['def main():'] },
    { path: '/python', form: { name: 'a <guest>' }, has: ['Hello a &lt;guest&gt;'] },
  ],
};
