import { expect } from 'chai';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '../../lib/run.js';
import { decodeSnapshot } from '../../lib/snapshot/format.js';
import { type Program, signedParams, startProgram } from '../program.js';
import { program } from './guests.js';

const ANSWER = 'Content-Type: text/plain\\0a\\0a';
const HEAD = ANSWER.length - 4;
const FILE = `(data (i32.const 512) "file") (data (i32.const 600) "${ANSWER}")`;

/** Reads 4 bytes of /file to 8192 before its request, and 4 of the present moment's to 8196. */
const BEFORE = `(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const 0)
    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8300)) (then unreachable))
  (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 4))
  (drop (call $fd_read (i32.load (i32.const 8300)) (i32.const 0) (i32.const 1) (i32.const 8)))
  (drop (call $fd_close (i32.load (i32.const 8300))))
  (drop (call $random (i32.const 8196) (i32.const 4)))`;
/** Answers these 8 bytes. */
const BODY = `(call $write (i32.const 1) (i32.const 600) (i32.const ${HEAD}))
  (call $write (i32.const 1) (i32.const 8192) (i32.const 8))`;

describe('snapshots of a server', () => {
  let server: Program;
  let spool: string;
  let files: string;
  const WISH: Snapshot = { maxAgeMs: 3_600_000, watch: [] };

  /** What the program read, and the random bytes it took, both before its request. */
  async function ask(module: string, snapshot: Snapshot = WISH): Promise<[string, string]> {
    const params = signedParams(
      { module, cgi: true, preopens: [{ guest: '/', host: files, readOnly: true }], snapshot },
      { REQUEST_METHOD: 'GET' },
    );
    const { stdout } = await server.ask(params);
    const text = Buffer.from(stdout).toString('latin1');
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    return [body.slice(0, 4), body.slice(4)];
  }

  before(async () => {
    spool = mkdtempSync(join(tmpdir(), 'spool-'));
    chmodSync(spool, 0o777);
    server = await startProgram(['--spool-dir', spool, '--workers', '2']);
    files = join(server.directory, 'files');
    mkdirSync(files);
  });
  beforeEach(() => writeFileSync(join(files, 'file'), 'old.'));
  after(async () => {
    await server.clear();
    rmSync(spool, { recursive: true });
  });

  it('are built while fresh instances serve, and then begin every request', async () => {
    const module = await server.guest('begin.wasm', program(BODY, BEFORE, FILE, 4));
    const [, first] = await ask(module);
    await server.logged(`snapshot-built module=${module}`);
    const [, second] = await ask(module);
    expect(second).to.not.equal(first);
    for (let i = 0; i < 5; i += 1) expect(await ask(module)).to.deep.equal(['old.', second]);
  });

  it('are built one after the other, each for one request that has asked for it', async () => {
    const names = ['first.wasm', 'second.wasm', 'third.wasm'];
    const text = program(BODY, BEFORE, FILE, 4);
    const modules = await Promise.all(names.map((name) => server.guest(name, text)));
    await Promise.all(modules.map((module) => ask(module)));
    for (const module of modules) await server.logged(`snapshot-built module=${module}`);
    const waited = server.log.split('\n').filter((line) => line.includes(' snapshot-waits '));
    const before = waited.map((line) => / before=(\d)/.exec(line)?.[1]);
    expect(before).to.deep.equal(['1', '2']);
    for (const module of modules) expect(await ask(module)).to.deep.equal(await ask(module));
  });

  it('wait no longer for one that loops than twice what a request of it may take', async () => {
    const loops = await server.guest('loops.wasm', program('', '(loop $ever (br $ever))'));
    const module = await server.guest('after.wasm', program(BODY, BEFORE, FILE, 4));
    const wish = { maxAgeMs: 1_000, watch: [] };
    const params = signedParams({ module: loops, cgi: true, timeoutMs: 400, snapshot: wish });
    for (let i = 0; i < 2; i += 1) await server.ask(params);
    await ask(module);
    await server.logged(`snapshot-waits module=${module} before=1`);
    await server.logged(
      `snapshot-refused module=${loops} reason="it has not read its request after`,
    );
    await server.logged(`snapshot-built module=${module}`);
  });

  it("lie in a directory that is the user's alone", () => {
    const directory = readdirSync(spool).find((name) => name.includes('snapshots')) ?? '';
    expect(statSync(join(spool, directory)).mode & 0o777).to.equal(0o700);
    const names = readdirSync(join(spool, directory));
    expect(names.length).to.be.greaterThan(0);
    for (const name of names) expect(name).to.match(/^[\da-f]{64}\.(?:snapshot|functions)$/);
  });

  it('are given up with the next look at a file that has changed', async () => {
    const module = await server.guest('change.wasm', program(BODY, BEFORE, FILE, 4));
    await ask(module);
    await server.logged(`snapshot-built module=${module}`);
    await ask(module);
    writeFileSync(join(files, 'file'), 'new.');
    while ((await ask(module))[0] !== 'new.');
    await server.logged(`snapshot-outdated module=${module}`);
    expect((await ask(module))[0]).to.equal('new.');
    await server.logged(`snapshot-built module=${module}`, 2);
    const [, kept] = await ask(module);
    expect(await ask(module)).to.deep.equal(['new.', kept]);
  });

  it('are built anew when they are too old, and the old one serves until then', async () => {
    const module = await server.guest('age.wasm', program(BODY, BEFORE, FILE, 4));
    const wish = { maxAgeMs: 1_000, watch: [] };
    const seen = new Set<string>();
    await ask(module, wish);
    await server.logged(`snapshot-built module=${module}`);
    while (seen.size < 2) seen.add((await ask(module, wish))[1]);
    await server.logged(`snapshot-built module=${module}`, 2);
  });

  it('are refused once in the log, and their requests served', async () => {
    const text = program('', `${BEFORE} ${BODY}`, FILE, 4);
    const module = await server.guest('refused.wasm', text);
    for (let i = 0; i < 3; i += 1) expect((await ask(module))[0]).to.equal('old.');
    await server.logged(`snapshot-refused module=${module}`);
    for (let i = 0; i < 3; i += 1) expect((await ask(module))[0]).to.equal('old.');
    const lines = server.log.split('\n').filter((line) => line.includes(module));
    expect(lines.filter((line) => line.includes('snapshot-refused'))).to.have.lengthOf(1);
    expect(lines.join('\n')).to.match(/reason="it has written output before the request is there"/);
  });

  it('are not read from disk when a bit of them has changed', async () => {
    const directory = readdirSync(spool).find((name) => name.includes('snapshots')) ?? '';
    const names = readdirSync(join(spool, directory)).filter((name) => name.endsWith('.snapshot'));
    expect(names.length).to.be.greaterThan(0);
    for (const name of names) {
      const bytes = readFileSync(join(spool, directory, name));
      expect(await decodeSnapshot(bytes)).to.not.equal(undefined);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      expect(await decodeSnapshot(bytes)).to.equal(undefined);
    }
  });
});
