// The units for systemd: read by systemd's own tools, and their socket handed over as systemd does it.

import { expect } from 'chai';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chown, readFile } from 'node:fs/promises';
import path from 'node:path';

import { sourceDirectory } from '../../apache/build.js';
import { publicDirectory, stageProgram } from '../../apache/stage.js';
import { KEY } from '../config/params.js';
import { Client } from '../fcgi/client.js';
import { request } from '../fcgi/wire.js';
import { HELLO, assemble } from '../pool/guests.js';
import { signedParams } from '../program.js';
import { forRoot } from '../root.js';
import { startPools } from '../supervise/pools.js';

const BUILT = path.basename(path.join(import.meta.dirname, '../..'));
const UNITS = ['wasm-fcgi.service', 'wasm-fcgi-pools.service', 'wasm-fcgi.socket'];
/** Of 100, where 100 is a service with all of root's rights; root itself, to start other users, is 16. */
const MOST_EXPOSURE: Readonly<Record<string, number>> = {
  'wasm-fcgi.service': 10,
  'wasm-fcgi-pools.service': 17,
};
/** Starts the program again whenever it was killed, with the same descriptors. */
const SUPERVISOR = 'while "$@"; [ $? -gt 128 ]; do :; done';

describe('systemd units', () => {
  let directory: string;
  let units: string[];

  before(async () => {
    directory = mkdtempSync('/tmp/wasm-fcgi-units-');
    const source = path.join(await sourceDirectory(), 'systemd');
    units = UNITS.map((name) => {
      // Installed programs are looked for; ours may not be.
      const text = readFileSync(path.join(source, name), 'utf8');
      const file = path.join(directory, name);
      writeFileSync(file, text.replace('/usr/local/bin/wasm-fcgi', process.execPath));
      return file;
    });
  });
  after(() => rmSync(directory, { recursive: true }));

  it('are understood, every line of them', () => {
    const { status, output } = analyze('verify', '--man=no', ...units);
    expect(output).to.not.include('wasm-fcgi');
    expect(status).to.equal(0);
  });

  for (const [service, most] of Object.entries(MOST_EXPOSURE)) {
    it(`expose next to nothing, by the count of systemd itself: ${service}`, () => {
      const words = ['security', '--offline=true', `--threshold=${most}`];
      const { status, output } = analyze(...words, path.join(directory, service));
      expect(status, output).to.equal(0);
      const off = output.match(/(?<=✗ )\w+=/g);
      expect(off).to.include('MemoryDenyWriteExecute=').and.not.include('NoNewPrivileges=');
    });
  }

  forRoot(
    'leave the server with pools the rights that it needs, and its responders none',
    async () => {
      const unit = readFileSync(path.join(directory, 'wasm-fcgi-pools.service'), 'utf8');
      const [, rights = ''] = /^CapabilityBoundingSet=(CAP_.+)$/m.exec(unit) ?? [];
      const kept = rights.toLowerCase().replaceAll('cap_', '+').replaceAll(' ', ',');
      const pools = await startPools(
        ({ section }) => `[server]\nsocket-group = nogroup\n${section('alice')}${section('bob')}`,
        ['setpriv', `--bounding-set=-all,${kept}`, '--no-new-privs'],
      );
      try {
        const module = await pools.program.guest('hello.wasm', HELLO);
        const { pid = 0 } = pools.program.child;
        expect(await capabilities(pid)).to.not.equal(NONE);
        for (const pool of ['alice', 'bob']) {
          expect((await pools.ask(pool, { module })).stdout).to.match(/hello\n$/);
          expect(await capabilities(pools.pidOf(pool))).to.equal(NONE);
        }
        await pools.reload(pools.section('alice', 'workers = 1'));
        expect((await pools.ask('alice', { module })).stdout).to.match(/hello\n$/);
        expect(await pools.program.stop()).to.equal(0);
      } finally {
        await pools.program.clear();
      }
    },
  );
});

const NONE = '0000000000000000';

/** The effective capabilities of a process, in hex (proc(5)). */
async function capabilities(pid: number): Promise<string | undefined> {
  return /^CapEff:\s*(\w+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
}

function analyze(...words: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('a socket from systemd', () => {
  let directory: string;
  let socket: string;
  let module: string;
  let child: ChildProcess;
  let log = '';

  before(async () => {
    directory = await publicDirectory('wasm-fcgi-systemd-');
    socket = path.join(directory, 'socket');
    module = path.join(directory, 'hello.wasm');
    writeFileSync(module, assemble(HELLO));
    const key = path.join(directory, 'key');
    writeFileSync(key, KEY, { mode: 0o600 });
    const user = process.getuid?.() === 0 ? ['--user', 'nobody', '--group', 'nogroup'] : [];
    if (user.length > 0) await chown(key, 0, 0);
    const serve = [...(await stageProgram(directory, BUILT)), '--listen', 'fd:3', ...user];
    const words = ['/bin/sh', '-c', SUPERVISOR, 'sh', ...serve, '--key-file', key];
    child = spawn('systemd-socket-activate', ['--listen', socket, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
    while (!log.includes('Listening on')) await once(child.stderr ?? child, 'data');
  });
  after(async () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
    rmSync(directory, { recursive: true });
  });

  const ask = async (): Promise<string> => {
    const client = await Client.connect(`unix:${socket}`);
    client.send(request(1, { entries: signedParams({ module }) }));
    const { stdout } = await client.answer(1);
    client.close();
    return stdout;
  };

  it('is served from its first connection on', async () => {
    expect(await ask()).to.match(/hello\n$/);
    expect(log).to.include('address=fd:3');
    expect(await ask()).to.match(/hello\n$/);
  });

  it('keeps who comes while the responder is started again', async () => {
    const { pid } = child;
    const [responder] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ');
    process.kill(Number(responder), 'SIGKILL');
    expect(await ask()).to.match(/hello\n$/);
    expect(log.split('address=fd:3')).to.have.length(3);
  });
});
