// Every workload, in the order of the report.

import type { Program } from '../programs.js';
import { jcoServe } from '../rivals/jco-serve.js';
import { libfcgi } from '../rivals/libfcgi.js';
import { modCgid } from '../rivals/mod-cgid.js';
import { nodeFastcgi } from '../rivals/node-fastcgi.js';
import { echoResponder, nullResponder } from '../rivals/own.js';
import { phpFpm } from '../rivals/php-fpm.js';
import { nativeRuntimes } from '../rivals/runtimes.js';
import { staticFile } from '../rivals/static.js';
import { component, wasmFcgi } from '../rivals/wasm-fcgi.js';
import { stageDatabase } from '../stage.js';
import { stageSite } from '../wordpress.js';
import { firstRequest } from './first.js';
import { type HttpWorkload, overHttp } from './http.js';
import { memory } from './memory.js';
import { DIRECT } from './scale.js';
import { snapshotCost } from './snapshot-cost.js';
import { SNAPSHOTS } from './snapshots.js';
import type { Workload } from './workload.js';

const hello: Program = { name: 'hello', language: 'c' };
const HELLO = { program: hello, contains: 'Hello, world!\n', baseline: 'libfcgi' };
/** Of wasi:http, as a component. */
const handler: Program = { name: 'handler', language: 'c' };
const MB = 1_000_000;

/** What browsers and proxies send, and more of it. */
const HEADERS = Object.fromEntries(
  // Host is one of the 31.
  Array.from({ length: 30 }, (_, i) => [`X-Header-${i}`, `a value of a usual length, ${i}`]),
);

const HTTP: readonly HttpWorkload[] = [
  {
    ...HELLO,
    name: 'hello',
    rivals: [staticFile, libfcgi, nullResponder, echoResponder, wasmFcgi, nodeFastcgi],
    more: [modCgid, ...nativeRuntimes],
    quick: [1, 16, 64],
    compare: [{ target: 'wasm-fcgi', baseline: 'node-fastcgi' }],
    concurrency: [1, 16, 64],
  },
  {
    ...HELLO,
    name: 'hello-close',
    rivals: [staticFile, libfcgi, wasmFcgi],
    concurrency: [16],
    keepAlive: false,
  },
  {
    name: 'headers',
    program: { name: 'headers', language: 'c' },
    // The first question, by fetch, has some more; the length is the same.
    contains: ' headers, ',
    headers: HEADERS,
    rivals: [libfcgi, nullResponder, wasmFcgi],
    baseline: 'libfcgi',
    concurrency: [16],
  },
  {
    name: 'down-1kb',
    program: { name: 'down', language: 'c', bytes: 1000 },
    contains: '',
    rivals: [staticFile, libfcgi, nullResponder, wasmFcgi],
    baseline: 'null',
    concurrency: [4],
  },
  {
    name: 'down-64kb',
    program: { name: 'down', language: 'c', bytes: 64_000 },
    contains: '',
    rivals: [staticFile, libfcgi, nullResponder, wasmFcgi],
    baseline: 'null',
    concurrency: [4],
  },
  {
    name: 'down-1mb',
    program: { name: 'down', language: 'c', bytes: MB },
    contains: '',
    rivals: [staticFile, libfcgi, nullResponder, wasmFcgi],
    baseline: 'null',
    concurrency: [4],
  },
  {
    name: 'down-100mb',
    quick: [1],
    program: { name: 'down', language: 'c', bytes: 100 * MB },
    contains: '',
    rivals: [staticFile, libfcgi, nullResponder, wasmFcgi],
    baseline: 'null',
    transfers: 5,
  },
  {
    name: 'up-1mb',
    program: { name: 'up', language: 'c' },
    contains: `${MB}\n`,
    bodyBytes: MB,
    rivals: [libfcgi, nullResponder, wasmFcgi],
    baseline: 'null',
    concurrency: [4],
  },
  {
    name: 'up-100mb',
    quick: [1],
    program: { name: 'up', language: 'c' },
    contains: `${100 * MB}\n`,
    bodyBytes: 100 * MB,
    rivals: [libfcgi, nullResponder, wasmFcgi],
    baseline: 'null',
    transfers: 5,
  },
  {
    name: 'files',
    quick: [1],
    program: { name: 'files', language: 'c' },
    contains: '  1000 files,   1024000 bytes\n',
    rivals: [libfcgi, wasmFcgi],
    more: [modCgid],
    baseline: 'libfcgi',
    concurrency: [1, 4],
  },
  {
    name: 'cpu',
    quick: [1],
    program: { name: 'mandelbrot', language: 'c' },
    contains: ' points\n',
    rivals: [libfcgi, wasmFcgi],
    more: [modCgid],
    baseline: 'libfcgi',
    concurrency: [1, 4],
  },
  {
    ...HELLO,
    name: 'unwrapped',
    rivals: [wasmFcgi, component],
    baseline: 'wasm-fcgi',
    quick: [16],
    concurrency: [16],
  },
  {
    name: 'component-hello',
    program: handler,
    contains: 'Hello, world!\n',
    rivals: [jcoServe, wasmFcgi],
    baseline: 'jco-serve',
    quick: [1, 16],
    concurrency: [1, 16],
  },
  {
    name: 'component-down-100mb',
    program: { ...handler, bytes: 100 * MB },
    contains: '',
    rivals: [jcoServe, wasmFcgi],
    baseline: 'jco-serve',
    transfers: 3,
  },
  {
    name: 'component-up-100mb',
    program: handler,
    contains: `${100 * MB}\n`,
    bodyBytes: 100 * MB,
    rivals: [jcoServe, wasmFcgi],
    baseline: 'jco-serve',
    transfers: 3,
  },
  {
    name: 'php',
    quick: [4],
    slow: true,
    program: { name: 'page', language: 'php' },
    contains: 'PHP Version',
    // The opcode cache tells how full it is.
    slackBytes: 100,
    rivals: [modCgid, phpFpm, wasmFcgi],
    baseline: 'mod_cgid',
    concurrency: [1, 4],
  },
  {
    name: 'php-include',
    slow: true,
    program: { name: 'include', language: 'php' },
    contains: 'part 49\n',
    rivals: [modCgid, phpFpm, wasmFcgi],
    baseline: 'mod_cgid',
    concurrency: [1, 4],
  },
  {
    name: 'python',
    quick: [4],
    slow: true,
    program: { name: 'page', language: 'python' },
    contains: '<li>two &amp; three: 23, 2 words</li>',
    rivals: [modCgid, wasmFcgi],
    baseline: 'mod_cgid',
    concurrency: [1, 4],
  },
  {
    name: 'ruby',
    slow: true,
    program: { name: 'page', language: 'ruby' },
    contains: '<li>two &amp; three: 23</li>',
    rivals: [modCgid, wasmFcgi],
    baseline: 'mod_cgid',
    concurrency: [1, 4],
  },
  {
    name: 'sqlite',
    slow: true,
    program: { name: 'query', language: 'sqlite' },
    prepare: async (stage) => {
      if (modCgid.missing?.({ name: 'query', language: 'sqlite' }) !== undefined)
        return 'sqlite3, which makes the database, is not installed';
      await stageDatabase(stage);
    },
    contains: 'kind 9|2000|',
    rivals: [modCgid, wasmFcgi],
    baseline: 'mod_cgid',
    concurrency: [1, 4],
  },
  {
    name: 'wordpress',
    slow: true,
    program: { name: 'wordpress', language: 'wordpress' },
    prepare: stageSite,
    contains: '</html>',
    rivals: [modCgid, phpFpm, wasmFcgi],
    baseline: 'mod_cgid',
    concurrency: [1, 4],
  },
];

export const WORKLOADS: readonly Workload[] = [
  ...HTTP.map(overHttp),
  ...SNAPSHOTS.map(overHttp),
  snapshotCost,
  ...DIRECT,
  firstRequest,
  memory,
];
