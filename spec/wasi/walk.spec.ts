// The capability walk against a model of it, and against somebody who changes the tree meanwhile.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { Errno } from '../../lib/wasi/abi.js';
import { CREAT, DIRECTORY, Driver, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

type Node = { kind: 'dir'; entries: Map<string, Node> } | { kind: 'file' } | Link;
interface Link {
  kind: 'link';
  target: string;
}

const NAMES = ['a', 'b', 'c'];
const component = fc.constantFrom(...NAMES, ...NAMES, '..', '.', '');
const path = fc
  .tuple(fc.constantFrom('', '', '', '/'), fc.array(component, { minLength: 1, maxLength: 6 }))
  .map(([root, names]) => root + names.join('/'))
  .filter((text) => text !== '');

function nodeOf(depth: number): fc.Arbitrary<Node> {
  const file = fc.constant<Node>({ kind: 'file' });
  const link = path.map((target): Node => ({ kind: 'link', target }));
  if (depth === 0) return fc.oneof(file, link);
  return fc.oneof(file, link, directoryOf(depth - 1), directoryOf(depth - 1));
}

function directoryOf(depth: number): fc.Arbitrary<Node> {
  return fc
    .array(fc.tuple(fc.constantFrom(...NAMES), nodeOf(depth)), { maxLength: 3 })
    .map((entries): Node => ({ kind: 'dir', entries: new Map(entries) }));
}

function build(directory: string, node: Node): void {
  if (node.kind !== 'dir') return;
  for (const [name, child] of node.entries) {
    const place = join(directory, name);
    if (child.kind === 'file') writeFileSync(place, '');
    else if (child.kind === 'link') symlinkSync(child.target, place);
    else {
      mkdirSync(place);
      build(place, child);
    }
  }
}

/** What is at `text`, by recursion on the in-memory tree; an errno when there is nothing to see. */
function lookUp(root: Node, text: string, followLast: boolean): Node['kind'] | number {
  let links = 0;
  function go(from: readonly Node[], text: string, follow: boolean): readonly Node[] | number {
    if (text.startsWith('/')) return Errno.EPERM;
    let way = from;
    const names = text.split('/').filter((name) => name !== '' && name !== '.');
    const mustBeDirectory = /(^|\/)\.?$/.test(text);
    for (const [i, name] of names.entries()) {
      const last = i === names.length - 1 && !mustBeDirectory;
      const here = way.at(-1);
      if (here?.kind !== 'dir') return Errno.ENOTDIR;
      if (name === '..') {
        if (way.length === 1) return Errno.EPERM;
        way = way.slice(0, -1);
        continue;
      }
      const next = here.entries.get(name);
      if (next === undefined) return Errno.ENOENT;
      if (next.kind !== 'link' || (last && !follow)) way = [...way, next];
      else {
        if (++links > 40) return Errno.ELOOP;
        const through = go(way, next.target, true);
        if (typeof through === 'number') return through;
        way = through;
      }
    }
    return mustBeDirectory && way.at(-1)?.kind !== 'dir' ? Errno.ENOTDIR : way;
  }
  const found = go([root], text, followLast);
  return typeof found === 'number' ? found : (found.at(-1)?.kind ?? 'dir');
}

const TYPES: Readonly<Record<number, Node['kind']>> = { 3: 'dir', 4: 'file', 7: 'link' };

describe('the walk', () => {
  let module: WebAssembly.Module;
  let tree: Tree;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
  });
  afterEach(() => tree.remove());

  it('finds in any tree by any path what the model finds', () => {
    const paths = fc.array(fc.tuple(path, fc.boolean()), { minLength: 20, maxLength: 40 });
    const property = fc.property(directoryOf(3), paths, (root, tries) => {
      const host = mkdtempSync(join(tree.inside, 'm'));
      build(host, root);
      const driver = new Driver(module, { preopens: [{ guest: '/', host, readOnly: false }] });
      try {
        for (const [text, follow] of tries) {
          const errno = driver.stat(text, follow ? 1 : 0);
          const found = errno === 0 ? TYPES[driver.view.getUint8(16)] : errno;
          expect(found, `${text} follow ${follow}`).to.equal(lookUp(root, text, follow));
        }
      } finally {
        driver.host.end();
        rmSync(host, { recursive: true });
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('sees at once what the guest itself has moved, removed or closed', () => {
    const driver = new Driver(module, { preopens: [tree.preopen()] });
    const mkdir = (name: string): number => driver.path('path_create_directory', name);
    const create = (name: string, dir = 3): number =>
      driver.open(name, { dir, flags: CREAT, rights: WRITE }).errno;
    expect([mkdir('d'), mkdir('d/e'), create('d/e/file')]).to.deep.equal([0, 0, 0]);
    expect(driver.stat('d/e/file')).to.equal(0);
    expect(driver.rename('d', 'moved')).to.equal(0);
    expect(driver.stat('d/e/file')).to.equal(Errno.ENOENT);
    expect([mkdir('d'), mkdir('d/e')]).to.deep.equal([0, 0]);
    expect(driver.stat('d/e/file')).to.equal(Errno.ENOENT);
    expect(driver.stat('moved/e/file')).to.equal(0);
    expect(driver.stat('d/e/none')).to.equal(Errno.ENOENT);
    expect(driver.path('path_remove_directory', 'd/e')).to.equal(0);
    expect(create('d/e/file')).to.equal(Errno.ENOENT);

    const rights = 1n << 13n;
    const first = driver.open('moved', { flags: DIRECTORY, rights }).fd;
    expect(driver.open('e/file', { dir: first }).errno).to.equal(0);
    expect(driver.call('fd_close', first)).to.equal(0);
    const second = driver.open('d', { flags: DIRECTORY, rights }).fd;
    expect(second).to.equal(first);
    expect(driver.open('e/file', { dir: second }).errno).to.equal(Errno.ENOENT);
    driver.host.end();
  });

  it('stays inside while another program swaps a directory and a symlink', async () => {
    mkdirSync(join(tree.inside, 'd'));
    writeFileSync(join(tree.inside, 'd/file'), 'inside');
    symlinkSync('../outside', join(tree.inside, 'l'));
    const swap = `const { renameSync } = require('node:fs');
      process.send('ready');
      process.on('disconnect', () => process.exit());
      (function again() {
        for (let i = 0; i < 100; i++) {
          renameSync('d', 'x'); renameSync('l', 'd'); renameSync('d', 'l'); renameSync('x', 'd');
        }
        setImmediate(again);
      })();`;
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    const racer = spawn(process.execPath, ['-e', swap], { cwd: tree.inside, stdio: [...stdio] });
    await once(racer, 'message');
    const driver = new Driver(module, { preopens: [tree.preopen()] });
    const seen = { inside: 0, refused: 0, missing: 0 };
    // Until both sides were met often enough to mean something. The rename, which fails, makes the
    // walk let go of `d`, so that every open looks anew.
    const until = Date.now() + 20_000;
    while ((seen.inside < 300 || seen.refused < 30) && Date.now() < until) {
      const { errno, fd } = driver.open('d/file');
      if (errno === Errno.EPERM) seen.refused++;
      else if (errno !== 0) seen.missing++;
      else {
        expect(driver.read(fd).text).to.equal('inside');
        driver.call('fd_close', fd);
        seen.inside++;
      }
      driver.rename('nothing', 'nowhere');
    }
    driver.host.end();
    racer.disconnect();
    await once(racer, 'exit');
    expect(seen.inside).to.be.at.least(300);
    expect(seen.refused).to.be.at.least(30);
  });
});
