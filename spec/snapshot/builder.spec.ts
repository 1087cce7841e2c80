// The process that builds: what it has of its server, and that it ends with it.

import { expect } from 'chai';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Program, signedParams, startProgram } from '../program.js';
import { IS_ROOT, NOBODY } from '../root.js';
import { program } from './guests.js';

describe('the process that builds a snapshot', () => {
  let spool: string;
  let server: Program;

  before(async () => {
    spool = mkdtempSync(join(tmpdir(), 'spool-'));
    chmodSync(spool, 0o777);
    server = await startProgram(['--spool-dir', spool]);
  });
  after(async () => {
    await server.clear();
    rmSync(spool, { recursive: true });
  });

  /** Of a program that loops, which nobody else would end within this spec. */
  async function builder(): Promise<number> {
    const loops = '(loop $ever (br $ever))';
    const module = await server.guest('loops.wasm', program('', loops));
    const snapshot = { maxAgeMs: 3_600_000, watch: [] };
    void server
      .ask(signedParams({ module, cgi: true, timeoutMs: 120_000, snapshot }))
      .catch(() => undefined);
    for (;;) {
      const found = childrenOf(server.child.pid).find(isBuilder);
      if (found !== undefined) return found;
      await delay(20);
    }
  }

  it('has no variable, no directory, no descriptor and no right of its server, but its user; and ends with it', async () => {
    const pid = await builder();
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).to.equal('');
    expect(readlinkSync(`/proc/${pid}/cwd`)).to.equal('/');
    expect(statSync(`/proc/${pid}`).uid).to.equal(IS_ROOT ? NOBODY : process.getuid?.());
    const fds = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
    // Its standard input and output.
    expect(fds.filter((target) => target.startsWith('socket:'))).to.have.lengthOf.at.most(2);
    expect(fds.filter((target) => target.startsWith(server.directory))).to.deep.equal([]);
    server.child.kill('SIGKILL');
    while (isRunning(pid)) await delay(20);
  });
});

function childrenOf(parent: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === parent)
    .map(Number);
}

/** From its first instruction on: before, it is a copy of its server. */
function isBuilder(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('snapshot/child.js');
  } catch {
    return false;
  }
}

function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && statOf(pid)[0] !== 'Z';
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
