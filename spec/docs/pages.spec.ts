// Every command of the pages is typed, in the order of its page, on a machine on which nothing was
// done but what the page says was done before. Every file that a block names is written there, and
// what a page shows of outputs is compared.

import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { buildDeb } from '../../apache/debian/package.js';
import { publicDirectory } from '../../apache/stage.js';
import { CAN_MAKE_MACHINES, Machines } from '../install/machine.js';
import type { Machine } from '../install/machine.js';
import { blocksOf, needsMachine, pages } from './blocks.js';
import { Reader } from './reader.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PATIENCE_MS = 900_000;
/** All other pages begin where this one ends. */
const FIRST = 'docs/quick-start.md';
const describeAsRoot = CAN_MAKE_MACHINES ? describe : describe.skip;

describeAsRoot('the commands of the pages (making machines takes root)', function () {
  this.timeout(PATIENCE_MS);
  let machines: Machines;
  let dir: string;
  let installed: string;
  let first: readonly string[];

  before(async () => {
    machines = await Machines.create();
    dir = await publicDirectory('wasm-fcgi-pages-');
    const machine = await machines.machine();
    await machine.copy(await buildDeb({ to: dir, builtTo: BUILT }), '/root/');
    first = await read(FIRST, machine);
    installed = await machine.commit('installed');
  });
  after(async () => {
    await machines?.clear();
    await rm(dir, { recursive: true, force: true });
  });

  for (const page of pages()) {
    if (!needsMachine(blocksOf(page))) continue;
    it(`do what ${page} says`, async () => {
      const faults = page === FIRST ? first : await read(page, await machines.machine(installed));
      expect(faults.join('\n')).to.equal('');
    });
  }
});

async function read(page: string, machine: Machine): Promise<readonly string[]> {
  const reader = new Reader(machine);
  try {
    return await reader.read(blocksOf(page));
  } finally {
    await reader.stop();
  }
}
