// apache/README.md documents what directives.c declares, and its examples load.

import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { sourceDirectory } from '../../apache/build.js';
import { makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { tested } from './fitted.js';

const CONTEXTS = new Map([
  ['ANYWHERE', 'server config, virtual host, directory, .htaccess'],
  ['RSRC_CONF | ACCESS_CONF', 'server config, virtual host, directory'],
  ['RSRC_CONF', 'server config, virtual host'],
]);

describe('apache: the directive reference', () => {
  let bed: Bed;
  let apache: string;
  let manual: string;
  /** name -> where the table allows it */
  const declared = new Map<string, string>();

  before(async () => {
    bed = await makeBed();
    apache = await sourceDirectory();
    manual = await readFile(path.join(apache, 'README.md'), 'utf8');
    const table = await readFile(path.join(apache, 'directives.c'), 'utf8');
    const rows = /AP_INIT_\w+\("(\w+)",[^"]*?((?:ANYWHERE|RSRC_CONF)[^,]*),/g;
    for (const [, name = '', where = ''] of table.matchAll(rows)) declared.set(name, where);
    expect(declared.size).to.equal(table.match(/AP_INIT_\w+\(/g)?.length);
  });
  after(() => bed.clear());

  it('has every directive, with all that a reference tells of one', () => {
    for (const [name, where] of declared) {
      const entry = manual.split(/^### /m).find((text) => text.startsWith(`${name}\n`));
      expect(entry, name).to.be.a('string');
      for (const row of ['Syntax', 'Default', 'Context', 'Override', 'Merge']) {
        expect(entry, `${name}: ${row}`).to.match(new RegExp(`^\\| ${row} +\\| .+ \\|$`, 'm'));
      }
      expect(entry, name).to.match(new RegExp(`^\\| Syntax +\\| \`${name} `, 'm'));
      expect(entry, name).to.include('```apache\n');
      if (name !== 'WasmCommand' && name !== 'WasmPool') {
        expect(entry, name).to.match(new RegExp(`\\| Context +\\| ${CONTEXTS.get(where)} +\\|`));
      }
    }
  });

  it('has no directive that does not exist', () => {
    for (const [, name = ''] of manual.matchAll(/\b(Wasm[A-Z]\w+)/g)) {
      expect([...declared.keys()], name).to.include(name);
    }
  });

  it('comes with examples that pass configtest', async () => {
    const names = await readdir(path.join(apache, 'examples'));
    expect(names.length).to.be.greaterThan(3);
    for (const name of names) {
      const text = await readFile(path.join(apache, 'examples', name), 'utf8');
      expect(await tested(text, bed), name).to.match(/^Syntax OK\n$/m);
    }
  });
});
