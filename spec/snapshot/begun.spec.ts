// What the log says of how a request began, for each of the ways.

import { expect } from 'chai';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, signedParams, startProgram } from '../program.js';
import { program } from './guests.js';

const COMPONENT = join(import.meta.dirname, '../../../bench/guests/handler.wasm');
const ANSWER = 'Content-Type: text/plain\\0a\\0a';
const WORDS = `(data (i32.const 32) "fresh") (data (i32.const 512) "file") (data (i32.const 600) "${ANSWER}")`;
const ANSWERS = `(call $write (i32.const 1) (i32.const 600) (i32.const ${ANSWER.length - 4}))`;
const SAYS = '(call $write (i32.const 2) (i32.const 32) (i32.const 5))';
/** Opens /dev/wasm-fcgi/fresh. */
const DECLINES = `(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 5) (i32.const 0)
  (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))`;
/** Opens /file, and keeps it open. */
const OPENS = `(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const 0)
  (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8300)))`;

describe('how a request began', () => {
  let server: Program;
  let spool: string;
  let asked = 0;

  before(async () => {
    spool = mkdtempSync(join(tmpdir(), 'spool-'));
    chmodSync(spool, 0o777);
    server = await startProgram(['--spool-dir', spool, '--workers', '1', '--log-level', 'debug']);
  });
  after(async () => {
    await server.clear();
    rmSync(spool, { recursive: true });
  });

  it('is fresh where there is no room, until a reload gives some', async () => {
    const other = server;
    server = await startProgram(
      ['--spool-dir', spool, '--log-level', 'debug'],
      '[server]\nsnapshot-memory = 0\n',
    );
    try {
      const module = await server.guest('crowded.wasm', program(ANSWERS, '', WORDS));
      await begun(module);
      await server.logged(`snapshot-crowded module=${module}`);
      expect(await begun(module)).to.equal('begun=fresh why=crowded');
      writeFileSync(join(server.directory, 'wasm-fcgi.ini'), '[server]\nsnapshot-memory = 1MiB\n');
      server.child.kill('SIGHUP');
      await server.logged(' reloaded ');
      await begun(module);
      await server.logged(`snapshot-loaded module=${module}`);
      expect(await begun(module)).to.equal('begun=snapshot');
    } finally {
      await server.clear();
      server = other;
    }
  });

  /** The last fields of its `run-ended` line; '' when there is none. */
  async function begun(module: string, files?: string, hasSnapshots = true): Promise<string> {
    asked += 1;
    const id = `asked-${asked}`;
    await server.ask(
      signedParams(
        {
          module,
          cgi: true,
          ...(files === undefined
            ? {}
            : { preopens: [{ guest: '/', host: files, readOnly: true }] }),
          ...(hasSnapshots ? { snapshot: { maxAgeMs: 3_600_000, watch: [] } } : {}),
        },
        { REQUEST_METHOD: 'GET', UNIQUE_ID: id },
      ),
    );
    const end = `run-ended request=${id} `;
    if (hasSnapshots) await server.logged(end);
    const line = server.log.split('\n').find((one) => one.includes(end));
    return / (begun=.*)$/.exec(line ?? '')?.[1] ?? '';
  }

  it('is said of its run: fresh while there is no snapshot, then from that', async () => {
    const module = await server.guest('plain.wasm', program(ANSWERS, '', WORDS));
    expect(await begun(module)).to.equal('begun=fresh why=not-ready');
    expect(server.log).to.match(
      new RegExp(
        `info snapshot-missed .*module=${module} begun=fresh why=not-ready fresh=1 runs=1`,
      ),
    );
    await server.logged(`snapshot-built module=${module}`);
    expect(await begun(module)).to.equal('begun=snapshot');
  });

  it('is not said where there are to be none', async () => {
    const module = await server.guest('none.wasm', program(`${SAYS} ${ANSWERS}`, '', WORDS));
    await begun(module, undefined, false);
    // By then all that is to be said of it has been.
    await server.logged(`module=${module} text=fresh`);
    await begun(await server.guest('plain.wasm', program(ANSWERS, '', WORDS)));
    expect(server.log).to.not.include(`module=${module} begun=`);
  });

  it('is fresh when the program declines, and all that it says is of that', async () => {
    const module = await server.guest(
      'declines.wasm',
      program(`${DECLINES} ${SAYS} ${ANSWERS}`, '', WORDS),
    );
    await begun(module);
    await server.logged(`snapshot-built module=${module}`);
    expect(await begun(module)).to.equal('begun=fresh why=declined');
    expect(server.log).to.match(
      new RegExp(`guest-stderr .*module=${module} begun=fresh why=declined text=fresh`),
    );
  });

  it('is fresh where none can be taken', async () => {
    const module = await server.guest('refused.wasm', program('', ANSWERS, WORDS));
    await begun(module);
    await server.logged(`snapshot-refused module=${module}`);
    expect(await begun(module)).to.equal('begun=fresh why=refused');
  });

  it('is fresh for a component', async () => {
    const module = join(server.directory, 'component.wasm');
    copyFileSync(COMPONENT, module);
    chmodSync(module, 0o644);
    expect(await begun(module)).to.equal('begun=fresh why=component');
  });

  it('is fresh once something of it has changed, be that seen at once or at the next look', async () => {
    const files = join(server.directory, 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'file'), 'old');
    const module = await server.guest('change.wasm', program(ANSWERS, OPENS, WORDS, 4));
    await begun(module, files);
    await server.logged(`snapshot-built module=${module}`);
    await begun(module, files);
    writeFileSync(join(files, 'file'), 'newer');
    const seen = new Set<string>();
    for (let why = ''; !why.endsWith('outdated');) seen.add((why = await begun(module, files)));
    expect(seen).to.not.include('begun=snapshot');
    seen.delete('begun=fresh why=file-changed');
    expect([...seen]).to.deep.equal(['begun=fresh why=outdated']);
  });
});
