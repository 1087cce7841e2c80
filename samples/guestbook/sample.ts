// guestbook: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'guestbook',
  title: 'A guestbook on SQLite',
  language: 'PHP 8.2, SQLite',
  about: 'One PHP file and a database file in a directory of their own. Please sign.',
  source: 'htdocs/index.php',
  checks: [
    { link: 'Sign it', path: '/guestbook/', headers: HTML, has: ['<h2>0 entries</h2>'] },
    {
      path: '/guestbook/',
      form: { name: 'a <guest>', said: "Robert'); DROP TABLE entry;--" },
      keeps: 'token',
      status: 303,
      headers: { location: '/guestbook/index.php' },
    },
    {
      path: '/guestbook/',
      has: ['<h2>1 entry</h2>', 'a &lt;guest&gt;', 'Robert&#039;); DROP TABLE entry;--'],
    },
    { path: '/guestbook/', form: { name: 'a', said: ' ' }, keeps: 'token', status: 400 },
    { path: '/guestbook/', form: { name: 'a', said: 'b' }, status: 403, has: ['1 entry<'] },
    { path: '/guestbook/guestbook.sqlite', status: 404 },
  ],
};
