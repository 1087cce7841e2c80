// php: what the start page says, and the requests that `--check` makes.

import { abc, HTML, type Sample } from '../sample.js';

const ABC_SHA1 = 'a9993e364706816aba3e25717850c26c9cd0d89d';

export const sample: Sample = {
  name: 'php',
  title: 'PHP',
  language: 'PHP 8.2',
  about: 'An unchanged PHP: a form, an upload, a session. It sees its own pages and nothing else.',
  source: 'htdocs/index.php',
  checks: [
    { link: 'A page', path: '/php/', headers: HTML, has: ['Visit number 1.'] },
    { path: '/php/index.php', has: ['Visit number 2.', '<td>/htdocs/index.php'] },
    { path: '/php/', form: { name: 'a <guest>' }, has: ['Hello a &lt;guest&gt;.'] },
    { path: '/php/', form: { file: abc() }, has: ['abc.txt: 3 bytes', ABC_SHA1] },
    { path: '/php/', form: { forget: '1' }, status: 303, headers: { location: '/php/' } },
    { path: '/php/', has: ['Visit number 1.'], lacks: ['/etc/passwd<td>readable'] },
    { path: '/php/none.php', status: 404 },
  ],
};
