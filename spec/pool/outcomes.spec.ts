import { expect } from 'chai';
import { Pool } from '../../lib/pool/pool.js';
import { CAT, HELLO, command, flood, watJob } from './guests.js';
import { runToEnd } from './listener.js';

describe('pool outcomes', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(() => pool.close());

  it('runs a guest and hands on what it wrote', async () => {
    expect(await runToEnd(pool, watJob(HELLO))).to.deep.equal({
      outcome: { kind: 'exit', code: 0 },
      stdout: 'hello\n',
      stderr: '',
    });
  });

  it('runs a guest that imports nothing', async () => {
    const { outcome } = await runToEnd(pool, watJob('(module (func (export "_start")))'));
    expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  for (const code of [0, 1, 3, 134, 255]) {
    it(`reports proc_exit(${code}) as the exit code ${code}`, async () => {
      const { outcome } = await runToEnd(pool, watJob(command(`(call $exit (i32.const ${code}))`)));
      expect(outcome).to.deep.equal({ kind: 'exit', code });
    });
  }

  it('passes on what was written before proc_exit', async () => {
    const text = command(
      '(call $write (i32.const 1) (i32.const 1024) (i32.const 2)) (call $exit (i32.const 3))',
      '(data (i32.const 1024) "ok")',
    );
    const { outcome, stdout } = await runToEnd(pool, watJob(text));
    expect({ outcome, stdout }).to.deep.equal({ outcome: { kind: 'exit', code: 3 }, stdout: 'ok' });
  });

  const traps: readonly (readonly [string, string, string?])[] = [
    ['unreachable executed', 'unreachable'],
    ['integer divide by zero', '(drop (i32.div_u (i32.const 1) (i32.const 0)))'],
    ['memory access out of bounds', '(drop (i32.load (i32.const 0x10000000)))'],
    ['stack overflow', '(call $deep)', '(func $deep (call $deep))'],
    ['uncaught exception of the guest', '(throw $oops)', '(tag $oops)'],
    [
      'undefined table element',
      '(call_indirect (i32.const 9))',
      '(table 1 funcref) (elem (i32.const 0) $start) (func $start)',
    ],
  ];
  for (const [message, body, extra] of traps) {
    it(`names the trap "${message}"`, async () => {
      const { outcome } = await runToEnd(pool, watJob(command(body, extra)));
      expect(outcome).to.deep.equal({ kind: 'trap', message });
    });
  }

  const links: readonly (readonly [string, string, string])[] = [
    [
      'an import of a namespace nobody knows',
      '(module (import "env" "fetch" (func)) (func (export "_start")))',
      'nothing provides the import env.fetch (function)',
    ],
    [
      'every such import at once',
      '(module (import "a" "b" (func)) (import "c" "d" (global i32)) (func (export "_start")))',
      'nothing provides the import a.b (function), c.d (global)',
    ],
    [
      'an imported memory',
      '(module (import "env" "memory" (memory 1)) (func (export "_start")))',
      'nothing provides the import env.memory (memory)',
    ],
    ['a missing entry point', '(module)', 'the entry point _start is not exported'],
    [
      'an entry point that is no function',
      '(module (memory (export "_start") 1))',
      'the entry point _start is exported, but is not a function',
    ],
    [
      'an entry point with parameters',
      '(module (func (export "_start") (param i32 i32)))',
      'the entry point _start takes 2 parameters, not none',
    ],
    [
      'a memory that is not exported',
      '(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))',
      'the module exports no memory, which its imports need',
    ],
  ];
  for (const [what, text, message] of links) {
    it(`names ${what}`, async () => {
      const { outcome } = await runToEnd(pool, watJob(text));
      expect(outcome).to.deep.equal({ kind: 'link', message });
    });
  }

  it('calls another entry point when the job names it', async () => {
    const text = '(module (func (export "_start") unreachable) (func (export "other")))';
    const { outcome } = await runToEnd(pool, watJob(text, {}, { entryPoint: 'other' }));
    expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  it('initializes a reactor before its entry point, and a command not', async () => {
    const body = '(if (i32.eqz (global.get $ready)) (then unreachable))';
    const reactor = (extra: string): string => `(module (global $ready (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $ready (i32.const 1))) (func (export "handle") ${body}) ${extra})`;
    const job = { entryPoint: 'handle' };
    const initialized = await runToEnd(pool, watJob(reactor(''), {}, job));
    expect(initialized.outcome).to.deep.equal({ kind: 'exit', code: 0 });
    const started = await runToEnd(pool, watJob(reactor('(func (export "_start"))'), {}, job));
    expect(started.outcome.kind).to.equal('trap');
  });

  it('fails and says why when a preopen cannot be opened', async () => {
    const preopens = [{ guest: '/', host: '/no/such/directory', readOnly: true }];
    const { outcome } = await runToEnd(pool, watJob(HELLO, {}, { preopens }));
    expect(outcome.kind).to.equal('failed');
    expect(JSON.stringify(outcome)).to.include('/no/such/directory');
  });

  it('refuses an environment string that would become two', async () => {
    const { outcome } = await runToEnd(pool, watJob(HELLO, {}, { env: ['A=1\0PATH=/'] }));
    const message = 'an argument or environment string holds a NUL';
    expect(outcome).to.deep.equal({ kind: 'failed', message });
  });

  for (const [outputBytes, outcome] of [
    [65_535, 'limit'],
    [65_536, 'exit'],
    [65_537, 'exit'],
  ] as const) {
    it(`ends 65536 bytes of output under a limit of ${outputBytes} with ${outcome}`, async () => {
      const result = await runToEnd(pool, watJob(flood(1), { outputBytes }));
      expect(result.outcome.kind).to.equal(outcome);
      expect(result.stdout.length).to.equal(Math.min(65_536, outputBytes));
    });
  }

  it('ends an endless flood at the output limit', async () => {
    const { outcome } = await runToEnd(pool, watJob(flood(0xffffffff), { outputBytes: 3_000_000 }));
    expect(outcome).to.deep.include({ kind: 'limit', limit: 'outputBytes' });
  });

  for (const [stderrBytes, note] of [
    [65_535, '\n[1 more bytes of stderr were dropped]\n'],
    [65_536, ''],
    [65_537, ''],
  ] as const) {
    it(`passes on stderr up to ${stderrBytes} bytes and counts the rest in one note`, async () => {
      const { stderr, outcome } = await runToEnd(pool, watJob(flood(1, 2), { stderrBytes }));
      expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
      expect(stderr).to.equal('\0'.repeat(Math.min(65_536, stderrBytes)) + note);
    });
  }

  it('gives each module its own answer although a thread forgets the oldest of many', async () => {
    const modules = Array.from({ length: 40 }, (_, i) =>
      watJob(command(`(call $exit (i32.const ${i + 1}))`)),
    );
    for (const job of [...modules, ...modules]) {
      const { outcome } = await runToEnd(pool, job);
      expect(outcome).to.deep.equal({ kind: 'exit', code: (modules.indexOf(job) % 40) + 1 });
    }
  });

  it('echoes an empty, a small and a chunk-sized body', async () => {
    const job = watJob(CAT);
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const body = 'x'.repeat(size);
      const { stdout } = await runToEnd(pool, job, body);
      expect(stdout === body, `${size} bytes`).to.equal(true);
    }
  });

  it('refuses memory beyond the limit to a guest that grows', async () => {
    const text = `(module (memory (export "memory") 1) (func (export "_start")
      (if (i32.ne (memory.grow (i32.const 3)) (i32.const 1)) (then unreachable))
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))))`;
    const { outcome } = await runToEnd(pool, watJob(text, { memoryBytes: 4 * 65_536 }));
    expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });
});
