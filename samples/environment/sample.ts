// environment: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'environment',
  title: 'Environment with back doors',
  language: 'Python 3.12',
  about:
    'It lists, opens and runs whatever you say, on purpose. The sandbox has nothing behind it.',
  source: 'app/environment.py',
  checks: [
    {
      link: 'The environment',
      path: '/environment',
      headers: HTML,
      has: ['<th>GREETING<td>Hello from httpd.conf', '<th>SCRIPT_NAME<td>/environment'],
      lacks: ['<th>PATH<td>', '<th>DOCUMENT_ROOT<td>', 'class="refused"'],
    },
    {
      link: 'List /etc',
      path: '/environment?listdir=/etc',
      has: ['class="refused"', 'FileNotFoundError'],
      lacks: ['<pre>'],
    },
    {
      link: 'Open /etc/passwd',
      path: '/environment?open=/etc/passwd',
      has: ['class="refused"'],
      lacks: ['root:', '<pre>'],
    },
    { link: 'Run id', path: '/environment?run=id', has: ['class="refused"'], lacks: ['uid='] },
    { path: '/environment?listdir=/app/..', has: ['class="refused"'], lacks: ['<pre>'] },
    {
      link: 'Open its note',
      path: '/environment?open=/app/texts/note.txt',
      has: ['<pre>One of the few files'],
      lacks: ['class="refused"'],
    },
  ],
};
