import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { Client } from './fcgi/client.js';
import { KEEP, request } from './fcgi/wire.js';
import { HELLO } from './pool/guests.js';
import { IS_ROOT, NOBODY } from './root.js';
import { type Program, signedParams, startProgram } from './program.js';

/** It takes a second. */
const PATIENCE_MS = 20_000;

/** Sets how many descriptors the program may have; only its own user may do that to it. */
function limit(program: Program, most: number): void {
  const ids = IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
  execFileSync('prlimit', ['--pid', String(program.child.pid), `--nofile=${most}:`], ids);
}

/** How often it must look the same: descriptors that are open for a moment only are not counted. */
const LOOKS = 10;
const LOOK_MS = 10;

/** The next descriptor that it would get: a limit of this is one that it has reached. */
async function firstFree(program: Program): Promise<number> {
  let least = Infinity;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const open = new Set(readdirSync(`/proc/${program.child.pid}/fd`).map(Number));
    let free = 0;
    while (open.has(free)) free += 1;
    if (free < least) [least, looks] = [free, 0];
    await pause(LOOK_MS);
  }
  return least;
}

describe('wasm-fcgi serve, out of descriptors', () => {
  let program: Program;
  before(async () => (program = await startProgram(['--workers', '2'])));
  after(() => program.clear());

  it('gives up the connections that web servers only keep, and so goes on to accept', async () => {
    const entries = signedParams({ module: await program.guest('hello.wasm', HELLO) });
    const kept: Client[] = [];
    const keepOne = async (): Promise<string> => {
      const client = await Client.connect(`unix:${program.socket}`);
      kept.push(client);
      client.send(request(1, { flags: KEEP, entries }));
      return client.answer(1).then(
        ({ stdout }) => stdout,
        () => '',
      );
    };
    for (let count = 0; count < 20; count += 1) expect(await keepOne()).to.match(/hello\n$/);
    limit(program, await firstFree(program));
    const end = performance.now() + PATIENCE_MS;
    const patient = (): boolean => performance.now() < end;
    // Each that is still accepted takes one more.
    while (!program.log.includes('fcgi.no-descriptors') && patient()) await keepOne();
    expect(program.log).to.include('fcgi.no-descriptors');
    let stdout = '';
    while (stdout === '' && patient()) stdout = await keepOne();
    expect(stdout).to.match(/hello\n$/);
    limit(program, 1024);
    for (const client of kept) client.close();
  });

  for (const what of ['a module', 'a directory'] as const) {
    it(`answers 503 with Retry-After when none is left for ${what}, and 200 once there is`, async () => {
      const hello = await program.guest('hello.wasm', HELLO);
      const known = signedParams({ module: hello });
      const entries = signedParams({
        module: what === 'a module' ? await program.guest('new.wasm', HELLO) : hello,
        preopens: [{ guest: '/', host: program.directory, readOnly: true }],
      });
      const client = await Client.connect(`unix:${program.socket}`);
      const answer = async (params: typeof entries): Promise<string> => {
        client.send(request(1, { flags: KEEP, entries: params }));
        return (await client.answer(1)).stdout;
      };
      expect(await answer(known)).to.match(/hello\n$/);
      limit(program, await firstFree(program));
      expect(await answer(entries)).to.match(/^Status: 503 .*\r\n(.*\r\n)*Retry-After: 1\r\n/);
      await program.logged('code=NO_DESCRIPTORS', what === 'a module' ? 1 : 2);
      expect(program.log).to.match(/code=NO_DESCRIPTORS .*EMFILE.* fix="Raise LimitNOFILE/);
      limit(program, 1024);
      expect(await answer(entries)).to.match(/hello\n$/);
      client.close();
    });
  }
});
