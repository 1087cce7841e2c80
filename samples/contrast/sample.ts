// contrast: what the start page says, and the requests that `--check` makes.

import { HTML, type Sample } from '../sample.js';

const JSON_TYPE = { 'content-type': 'application/json' };

export const sample: Sample = {
  name: 'contrast',
  title: 'Contrast of two colours',
  language: 'JavaScript, WASI 0.2',
  about:
    'A component that jco componentize makes of one file of JavaScript: JSON for programs, a page for people.',
  source: 'contrast.js',
  checks: [
    {
      link: 'Red on white',
      path: '/contrast?text=%23c00&on=%23fff',
      headers: JSON_TYPE,
      has: ['"ratio": 5.88', '"normal": false'],
    },
    {
      link: 'Your colours',
      path: '/contrast',
      sent: { accept: 'text/html' },
      headers: { ...HTML, 'set-cookie': 'text=5b3fd6; ' },
      has: ['<h2>6.16 : 1</h2>', 'type="color"'],
    },
    { path: '/contrast?text=red&on=fff', status: 400, has: [String.raw`text is \"red\", not`] },
    { path: '/contrast', method: 'PUT', status: 405, headers: { allow: 'GET, HEAD, POST' } },
    { path: '/contrast', form: { text: '#c00', on: '#fff' }, status: 415, headers: JSON_TYPE },
  ],
};
