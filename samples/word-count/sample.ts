// word-count: what the start page says, and the requests that `--check` makes.

import { PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'word-count',
  title: 'Word count',
  language: 'C++',
  about: 'Counts a word in a file. The headers File and Word of the request say which.',
  source: 'word-count.cpp',
  checks: [
    { link: 'Count all', path: '/word-count', headers: PLAIN, has: ['the: 6\n', 'wind: 4\n'] },
    { path: '/word-count', sent: { file: 'poem.txt', word: 'Wind' }, has: ['Wind: 4\n'] },
    { path: '/word-count', sent: { word: 'storm' }, has: ['storm: 0\n'] },
    {
      path: '/word-count',
      sent: { file: '../word-count.cpp' },
      status: 404,
      has: ['no such file'],
    },
    {
      path: '/word-count',
      sent: { file: '../../../../etc/passwd' },
      status: 404,
      lacks: ['root:'],
    },
  ],
};
