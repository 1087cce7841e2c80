// break-out: what the start page says, and the requests that `--check` makes.

import { HTML, PLAIN, type Sample } from '../sample.js';

const NOTE = 'This note lies outside';

export const sample: Sample = {
  name: 'break-out',
  title: 'Break out',
  language: 'C',
  about:
    'A hostile program tries to get out, and to take the server down. Watch it fail, next to plain CGI.',
  source: 'break-out.c',
  checks: [
    { link: 'Watch it', path: '/break-out/', headers: HTML, has: ['break-out.js'] },
    { path: '/break-out/break-out.js', headers: { 'content-type': 'text/javascript' } },
    {
      path: '/break-out/sandbox?traversal',
      headers: PLAIN,
      has: ['/room/../secret/note.txt: Operation not permitted', '/etc/hostname: Cap'],
      lacks: [NOTE],
    },
    { path: '/break-out/plain?traversal', headers: PLAIN, has: [NOTE] },
    { path: '/break-out/sandbox?symlink', has: ['/room/link: Operation not p'], lacks: [NOTE] },
    { path: '/break-out/plain?symlink', has: [NOTE] },
    { path: '/break-out/sandbox?write', has: ['left.txt: Operation not permitted'] },
    { path: '/break-out/plain?write', has: ['written by a CGI script'] },
    { path: '/break-out/sandbox?loop', status: 504, longestMs: 20_000 },
    { path: '/break-out/sandbox?memory', has: ['No more memory after 1'] },
    { path: '/break-out/sandbox?output', broken: true },
    { path: '/break-out/sandbox?files', has: [' open files.', ' files of 1 MB.'] },
  ],
};
