// hello without a web server, next to responders that do less; and how it grows: with workers,
// with routes (configurations that differ in a variable), with modules.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startResponder } from '../rivals/rival.js';
import { signedParams, startServe } from '../rivals/serve.js';
import { ROOT, type Stage } from '../stage.js';
import { type DirectTarget, type DirectWorkload, overFastCgi } from './direct.js';
import type { Workload } from './workload.js';

const AT_A_TIME = 16;

const TABLE: readonly DirectWorkload[] = [
  {
    name: 'hello-direct',
    targets: [own('null'), own('echo'), ours('wasm-fcgi', async (stage) => [helloParams(stage)])],
    baseline: 'echo',
    concurrency: AT_A_TIME,
    isQuick: true,
    also: { measure: 'cpu', name: 'hello-direct-cpu' },
  },
  {
    name: 'workers',
    targets: [1, 2, 4].map((count) =>
      ours(plural(count, 'worker'), async (stage) => [helloParams(stage)], count),
    ),
    baseline: '1 worker',
    concurrency: AT_A_TIME,
  },
  {
    name: 'workers-cpu',
    targets: [1, 2, 4].map((count) =>
      ours(
        plural(count, 'worker'),
        async (stage) => [signedParams({ MODULE: stage.at('guests/mandelbrot.wasm') })],
        count,
      ),
    ),
    baseline: '1 worker',
    concurrency: 4,
  },
  {
    name: 'routes',
    targets: [1, 100, 10_000].map((count) =>
      ours(plural(count, 'route'), async (stage) =>
        Array.from({ length: count }, (_, index) => helloParams(stage, String(index))),
      ),
    ),
    baseline: '1 route',
    concurrency: AT_A_TIME,
  },
  {
    name: 'modules',
    targets: [1, 10, 100].map((count) =>
      ours(plural(count, 'module'), async (stage) =>
        (await distinctModules(stage, count)).map((MODULE) => signedParams({ MODULE })),
      ),
    ),
    baseline: '1 module',
    concurrency: AT_A_TIME,
  },
];

export const DIRECT: readonly Workload[] = TABLE.map(overFastCgi);

function own(kind: 'null' | 'echo'): DirectTarget {
  const entry = join(ROOT, 'dist/bench/responders/own.js');
  return {
    name: kind,
    start: (_stage, socket) => startResponder([process.execPath, entry, kind, socket], socket),
    variants: async () => [{}],
  };
}

/** @param workers as the responder's own default when not given */
function ours(name: string, variants: DirectTarget['variants'], workers?: number): DirectTarget {
  const words = workers === undefined ? [] : ['--workers', String(workers)];
  return { name, start: (stage, socket) => startServe(stage, socket, words), variants };
}

function helloParams(stage: Stage, route?: string): Record<string, string> {
  const env = { ENV_COUNT: '1', ENV_0_K: 'ROUTE', ENV_0_V: route ?? '' };
  return signedParams({
    MODULE: stage.at('guests/hello.wasm'),
    ...(route === undefined ? {} : env),
  });
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Copies of hello that differ in a custom section, and so in all that a cache may go by. */
async function distinctModules(stage: Stage, count: number): Promise<string[]> {
  const hello = await readFile(stage.at('guests/hello.wasm'));
  const paths = [];
  for (let index = 0; index < count; index += 1) {
    const name = Buffer.from(`copy ${index}`);
    const section = Buffer.from([0, name.length + 1, name.length, ...name]);
    const path = stage.at('data', `hello-${index}.wasm`);
    await writeFile(path, Buffer.concat([hello, section]));
    paths.push(path);
  }
  return paths;
}
