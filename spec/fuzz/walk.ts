// The capability walk against a model of it: any tree, any path.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Errno } from '../../lib/wasi/abi.js';
import { Driver, trampoline } from '../wasi/trampoline.js';
import { plant } from '../wasi/tree.js';
import type { Property } from './property.js';

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

export const walk: readonly Property[] = [
  {
    holds: 'finds in any tree by any path what the model finds',
    runs: 60,
    property: () => {
      const paths = fc.array(fc.tuple(path, fc.boolean()), { minLength: 20, maxLength: 40 });
      const module = trampoline('wasi_snapshot_preview1');
      return fc.asyncProperty(directoryOf(3), paths, async (root, tries) => {
        const tree = plant();
        const host = mkdtempSync(join(tree.inside, 'm'));
        build(host, root);
        const driver = new Driver(await module, {
          preopens: [{ guest: '/', host, readOnly: false }],
        });
        try {
          for (const [text, follow] of tries) {
            const errno = driver.stat(text, follow ? 1 : 0);
            const found = errno === 0 ? TYPES[driver.view.getUint8(16)] : errno;
            expect(found, `${text} follow ${follow}`).to.equal(lookUp(root, text, follow));
          }
        } finally {
          driver.host.end();
          tree.remove();
        }
      });
    },
  },
];
