// prettyfy: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

function source(): File {
  return new File(['def greet(name):\n    return f"Hello {name}"\n'], '../greet.py');
}

export const sample: Sample = {
  name: 'prettyfy',
  title: 'PrettyFy',
  language: 'Python 3.12, Pygments',
  about: 'Upload a source file and see it in colours. Its path is never checked, and yet it holds.',
  source: 'app/prettyfy.py',
  checks: [
    { link: 'Upload a file', path: '/prettyfy', headers: HTML, has: ['Uploaded files'] },
    {
      path: '/prettyfy',
      form: { file: source() },
      status: 303,
      headers: { location: '/prettyfy?file=greet.py' },
    },
    {
      path: '/prettyfy?file=greet.py',
      has: ['<span class="k">def</span>', '<span class="nf">greet</span>', '>greet.py</a>'],
    },
    {
      link: 'Its way out',
      path: '/prettyfy?file=../../conf/httpd.conf',
      status: 403,
      has: ['class="refused"'],
      lacks: ['class="highlight"'],
    },
    { path: '/prettyfy?file=../break-out/link', status: 403, lacks: ['This note lies outside'] },
    { path: '/prettyfy?file=none.py', status: 404, has: ['class="refused"'] },
  ],
};
