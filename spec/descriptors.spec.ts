import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

import { Client } from './fcgi/client.js';
import { KEEP, request } from './fcgi/wire.js';
import { HELLO } from './pool/guests.js';
import { type Program, signedParams, startProgram } from './program.js';

/** It takes a second. */
const PATIENCE_MS = 20_000;
const IS_ROOT = process.getuid?.() === 0;

/** Sets how many descriptors the program may have; only its own user may do that to it. */
function limit(program: Program, most: number): void {
  const ids = IS_ROOT ? { uid: 65_534, gid: 65_534 } : {};
  execFileSync('prlimit', ['--pid', String(program.child.pid), `--nofile=${most}:`], ids);
}

/** The next descriptor that it would get: a limit of this is one that it has reached. */
function firstFree(program: Program): number {
  const open = new Set(readdirSync(`/proc/${program.child.pid}/fd`).map(Number));
  let free = 0;
  while (open.has(free)) free += 1;
  return free;
}

describe('wasm-fcgi serve, out of descriptors', () => {
  let program: Program;
  before(async () => (program = await startProgram(['--workers', '2'])));
  after(() => program.clear());

  it('gives up the connections that web servers only keep, and so goes on to accept', async () => {
    const entries = signedParams({ module: await program.guest('hello.wasm', HELLO) });
    const kept = await Promise.all(
      Array.from({ length: 20 }, () => Client.connect(`unix:${program.socket}`)),
    );
    for (const client of kept) {
      client.send(request(1, { flags: KEEP, entries }));
      await client.answer(1);
    }
    limit(program, firstFree(program));
    const answer = (): Promise<string> =>
      program.ask(entries).then(
        ({ stdout }) => stdout,
        () => '',
      );
    let stdout = '';
    for (const end = performance.now() + PATIENCE_MS; stdout === '' && performance.now() < end;) {
      stdout = await answer();
    }
    expect(stdout).to.match(/hello\n$/);
    await program.logged('fcgi.no-descriptors');
    limit(program, 1024);
    for (const client of kept) client.close();
  });
});
