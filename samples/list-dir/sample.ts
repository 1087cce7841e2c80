// list-dir: what the start page says, and the requests that `--check` makes.

import type { Sample } from '../sample.js';

export const sample: Sample = {
  name: 'list-dir',
  title: 'A mapped directory',
  language: 'C',
  about: 'One directory of the server, mapped read-only as /data. Every other path is refused.',
  source: 'list-dir.c',
  checks: [
    { link: 'The directory', path: '/list-dir', has: ['readme.txt', '45 bytes', 'poems/'] },
    { link: 'A directory in it', path: '/list-dir?dir=/data/poems', has: ['rain.txt'] },
    { link: 'The way out', path: '/list-dir?dir=/data/..', has: ['The sandbox says'] },
    { link: '/etc', path: '/list-dir?dir=/etc', has: ['The sandbox says'], lacks: ['passwd'] },
  ],
};
