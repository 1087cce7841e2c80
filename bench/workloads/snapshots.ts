// Interpreters that begin from a snapshot, next to the same ones that start anew and to native ones.

import { type Program, WORDPRESS_HOST } from '../programs.js';
import { stageFlask } from '../libraries.js';
import { gunicorn } from '../rivals/gunicorn.js';
import { modCgid } from '../rivals/mod-cgid.js';
import { phpFpm } from '../rivals/php-fpm.js';
import { snapshot, wasmFcgi } from '../rivals/wasm-fcgi.js';
import { stageSite } from '../wordpress.js';
import type { HttpWorkload } from './http.js';

const RATIOS = {
  settles: true,
  baseline: modCgid.name,
  compare: [{ target: snapshot.name, baseline: wasmFcgi.name }],
};
const PYTHON = { ...RATIOS, rivals: [modCgid, wasmFcgi, snapshot] };
const PHP = { ...PYTHON, more: [phpFpm] };

export const SHOP: Program = { name: 'shop', language: 'wsgi', rest: '/goods' };

export const SNAPSHOTS: readonly HttpWorkload[] = [
  {
    ...PYTHON,
    name: 'snapshot-python-hello',
    program: { name: 'hello', language: 'python' },
    contains: 'Hello, world!\n',
    concurrency: [1, 4],
  },
  {
    ...PYTHON,
    name: 'snapshot-python',
    program: { name: 'page', language: 'python' },
    contains: '<li>two &amp; three: 23, 2 words</li>',
    concurrency: [4],
  },
  {
    ...PYTHON,
    name: 'snapshot-perl-hello',
    program: { name: 'hello', language: 'perl' },
    contains: 'Hello, world!\n',
    concurrency: [1, 4],
  },
  {
    ...PYTHON,
    name: 'snapshot-perl',
    program: { name: 'page', language: 'perl' },
    contains: '<li>two &amp; three: 23, 2 words</li>',
    concurrency: [4],
  },
  {
    // A second of work: the start, which a snapshot saves, is a small part of it.
    ...PYTHON,
    compare: [
      {
        target: snapshot.name,
        baseline: wasmFcgi.name,
        measure: 'cpu',
        name: 'snapshot-python-loop-cpu',
      },
    ],
    name: 'snapshot-python-loop',
    slow: true,
    program: { name: 'loop', language: 'python' },
    contains: '987',
    concurrency: [1],
  },
  {
    ...PYTHON,
    name: 'snapshot-ruby-hello',
    slow: true,
    program: { name: 'hello', language: 'ruby' },
    contains: 'Hello, world!\n',
    concurrency: [1, 4],
  },
  {
    ...PYTHON,
    name: 'snapshot-ruby',
    slow: true,
    program: { name: 'page', language: 'ruby' },
    contains: '<li>two &amp; three: 23</li>',
    concurrency: [4],
  },
  {
    ...RATIOS,
    name: 'snapshot-flask',
    slow: true,
    program: SHOP,
    prepare: stageFlask,
    contains: 'TEA &lt;50&gt;',
    rivals: [modCgid, gunicorn, wasmFcgi, snapshot],
    concurrency: [4],
  },
  {
    ...PHP,
    name: 'snapshot-php-hello',
    quick: [4],
    program: { name: 'hello', language: 'php' },
    contains: 'Hello, world!\n',
    concurrency: [1, 4],
  },
  {
    ...PHP,
    name: 'snapshot-php-include',
    program: { name: 'include', language: 'php' },
    contains: 'part 49\n',
    concurrency: [4],
  },
  ...[
    { page: 'front', rest: '', contains: '</html>' },
    { page: 'post', rest: '?p=1', contains: 'Welcome to WordPress' },
    { page: 'rss', rest: '?feed=rss2', contains: '</rss>' },
  ].map(({ page, rest, contains }): HttpWorkload => ({
    ...PHP,
    name: `snapshot-wordpress-${page}`,
    slow: true,
    program: { name: 'wordpress', language: 'wordpress', rest },
    prepare: stageSite,
    headers: { Host: WORDPRESS_HOST },
    // fetch asks the first time, by a longer name, which is in every link.
    slackBytes: 1_000,
    contains,
    concurrency: [1],
  })),
];
