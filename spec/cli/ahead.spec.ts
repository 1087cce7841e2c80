// `wasm-fcgi snapshot` and the server: what the one makes for a program, the other finds for its route.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publicDirectory, stageProgram } from '../../apache/stage.js';
import type { Preopen } from '../../lib/run.js';
import { BUILT, type Program, signedParams, startProgram } from '../program.js';
import { IS_ROOT, NOBODY } from '../root.js';
import { program } from '../snapshot/guests.js';

const ANSWER = 'Content-Type: text/plain\\0a\\0a';
const TEXT = program(
  `(call $write (i32.const 1) (i32.const 600) (i32.const ${ANSWER.length - 4}))`,
  '',
  `(data (i32.const 600) "${ANSWER}")`,
  6,
);

/** A directory that the user of the server can make others in. */
async function ownDirectory(): Promise<string> {
  const directory = await publicDirectory('ahead-');
  if (IS_ROOT) chownSync(directory, NOBODY, NOBODY);
  return directory;
}

describe('a snapshot made ahead of time', () => {
  let server: Program;
  let snapshots: string;
  let command: string[];
  let module: string;

  before(async () => {
    snapshots = join(await ownDirectory(), 'kept');
    const words = ['--snapshot-dir', snapshots, '--log-level', 'debug', '--allow-symlinks'];
    server = await startProgram(words);
    command = (await stageProgram(server.directory, BUILT)).slice(0, -1);
    module = await server.guest('guest.wasm', TEXT);
    for (const name of ['read', 'write', 'same']) mkdirSync(join(server.directory, name));
  });
  after(async () => {
    await server.clear();
    rmSync(dirname(snapshots), { recursive: true });
  });

  const at = (name: string): string => join(server.directory, name);

  function make(...words: string[]): void {
    const [node = '', ...rest] = command;
    const { stderr, status } = spawnSync(
      node,
      [...rest, 'snapshot', '--snapshot-dir', snapshots, ...words],
      { encoding: 'utf8', cwd: '/', ...(IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {}) },
    );
    expect(status, stderr).to.equal(0);
  }

  const PREOPENS = (): Preopen[] => [
    { guest: at('same'), host: at('same'), readOnly: true },
    { guest: '/www', host: at('read'), readOnly: true },
    { guest: '/tmp', host: at('write'), readOnly: false },
  ];

  it('serves the first requests of the same program, with directories read-only and writable', async () => {
    const directories = ['--dir', `${at('same')}:ro`, '--map-dir', '/www', `${at('read')}:ro`];
    directories.push('--map-dir', '/tmp', `${at('write')}/`);
    const others = ['--symlinks', '--env', 'LANG=C', '--memory', '32MiB'];
    make(...directories, ...others, module, 'an', '--argument');
    const params = (id: string): Record<string, string> =>
      signedParams(
        {
          module,
          cgi: true,
          args: ['an', '--argument'],
          env: [['LANG', 'C']],
          preopens: PREOPENS(),
          limits: { memoryBytes: 32 * 2 ** 20 },
          snapshot: { maxAgeMs: 3_600_000, watch: [] },
        },
        { REQUEST_METHOD: 'GET', UNIQUE_ID: id },
      );
    const ids = ['first', 'second', 'third'];
    await Promise.all(ids.map((id) => server.ask(params(id))));
    for (const id of ids) await server.logged(`run-ended request=${id}`);
    expect(server.log.match(/ run-ended .* begun=snapshot$/gm)).to.have.lengthOf(3);
    expect(server.log.match(/ snapshot-\w+/g)).to.deep.equal([' snapshot-loaded']);
  });
});
