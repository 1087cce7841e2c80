// wsgi: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'wsgi',
  title: 'A WSGI application',
  language: 'Python 3.12, Bottle',
  about:
    'A framework with routes, templates and JSON, loaded once: each request begins with a copy of its memory. It keeps notes.',
  source: 'app/notes.py',
  checks: [
    { link: 'The notes', path: '/wsgi/', headers: HTML, has: ['<h1>Notes</h1>'] },
    { path: '/wsgi/notes', form: { text: 'Buy <milk>' }, status: 303 },
    { path: '/wsgi/', has: ['Buy &lt;milk&gt;', 'href="/wsgi/notes/1"'] },
    { path: '/wsgi/notes/1', has: ['<h1>Note 1</h1>', 'Buy &lt;milk&gt;'] },
    {
      link: 'JSON',
      path: '/wsgi/notes.json',
      headers: { 'content-type': 'application/json' },
      has: ['["Buy <milk>"'],
    },
    { path: '/wsgi/notes', form: { text: ' ' }, status: 400, has: ['A note needs a text.'] },
    { path: '/wsgi/notes/999', status: 404, has: ['There is no note 999.'] },
  ],
};
