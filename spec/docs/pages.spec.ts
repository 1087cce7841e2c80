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
const PATIENCE_MS = 300_000;
/** All other pages begin where this one ends. */
const FIRST = 'docs/quick-start.md';
/** What pages take for granted, and a minimal Debian has not. */
const TOOLS = 'curl openssl';
/** What pages change. Packages that a page has installed stay; nothing of them runs. */
const CHANGED = '/etc/apache2 /etc/wasm-fcgi /etc/passwd /etc/group /etc/shadow /etc/gshadow /srv';
const KEPT = '/var/tmp/first.tar';
const describeAsRoot = CAN_MAKE_MACHINES ? describe : describe.skip;

describeAsRoot('the commands of the pages (making machines takes root)', function () {
  this.timeout(PATIENCE_MS);
  let machines: Machines;
  let machine: Machine;
  let dir: string;
  let first: string;

  before(async () => {
    machines = await Machines.create();
    dir = await publicDirectory('wasm-fcgi-pages-');
    machine = await machines.machine();
    await machine.run(`apt-get update; apt-get install -y --no-install-recommends ${TOOLS}`);
    await machine.copy(await buildDeb({ to: dir, builtTo: BUILT }), '/root/');
    first = await faultIn(FIRST);
    await machine.run(`tar -cPf ${KEPT} ${CHANGED}`);
  });
  after(async () => {
    await machines?.clear();
    await rm(dir, { recursive: true, force: true });
  });

  async function faultIn(page: string): Promise<string> {
    const reader = new Reader(machine);
    try {
      return (await reader.read(blocksOf(page))) ?? '';
    } finally {
      await reader.stop();
    }
  }

  it(`do what ${FIRST} says`, () => {
    expect(first).to.equal('');
  });

  for (const page of pages()) {
    if (page === FIRST || !needsMachine(blocksOf(page))) continue;
    it(`do what ${page} says`, async () => {
      await machine.run(`rm -rf ${CHANGED} /run/wasm-fcgi && tar -xPf ${KEPT}`);
      expect(await faultIn(page)).to.equal('');
    });
  }
});
