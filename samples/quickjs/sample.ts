// quickjs: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'quickjs',
  title: 'JavaScript on QuickJS',
  language: 'JavaScript',
  about: 'Not Node.js, but an engine inside the sandbox. It computes with numbers of any size.',
  source: 'app/calculator.js',
  checks: [
    { link: '100!', path: '/quickjs', headers: HTML, has: ['158 digits', '9332621544394415'] },
    { link: 'Fibonacci', path: '/quickjs?f=fibonacci&n=1000', has: ['209 digits', '4346655768'] },
    { path: '/quickjs?f=sin&n=1', status: 400, has: ['There is no function sin.'] },
    { path: '/quickjs?f=square&n=%3Cb%3E', status: 400, has: ['value="&#60;b&#62;"'] },
  ],
};
