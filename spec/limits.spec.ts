// Every limit of the option table through the running program: at, under and over it.

import { expect } from 'chai';
import { statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { OPTIONS } from '../lib/config/options.js';
import type { Limits } from '../lib/run.js';
import { ECHO, FILL, print, printTwice } from './apache/guests.js';
import { type Answer, Client } from './fcgi/client.js';
import { begin, pairs, params, request, stdin } from './fcgi/wire.js';
import { HELLO, SLEEP, command, flood } from './pool/guests.js';
import { type Program, signedParams, startProgram } from './program.js';

const PAGE = 65_536;
const MIB = 1_048_576;
const RETRY = /^Status: 503 Service Unavailable\r\n([^\r]+\r\n)*Retry-After: 1\r\n/;

/** A module of two pages and five elements that wants one more of each. */
const GROWS = `(module (memory (export "memory") 2) (table $t 5 funcref) (func (export "_start")
  (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
  (if (i32.eq (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1)) (then unreachable))))`;

interface Row {
  readonly limits: Partial<Limits>;
  readonly guest: string;
  readonly status: number;
  /** What the answer holds. */
  readonly says?: string;
  /** What the log says of it. */
  readonly logs?: string;
  /** Sent with its length, and without. */
  readonly body?: string;
}

const napping = printTwice('a', 150, 'b');
const files = { guest: FILL, status: 200 };
const body = { guest: ECHO, status: 200 };

/** By option: requests under their limit, at it, and over it. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  timeout: [
    { limits: { timeoutMs: 20_000 }, guest: napping, status: 200, says: 'ab' },
    { limits: { timeoutMs: 50 }, guest: SLEEP, status: 504, logs: 'over the limit timeout 50ms: ' },
    { limits: { timeoutMs: 50 }, guest: command('(loop (br 0))'), status: 504, logs: 'TIMEOUT' },
  ],
  'cpu-time': [
    { limits: { cpuTimeMs: 100 }, guest: napping, status: 200, says: 'ab' },
    {
      limits: { cpuTimeMs: 100 },
      guest: command('(loop (br 0))'),
      status: 504,
      logs: 'over the limit cpu-time 100ms: it used more than 100 ms of processor time',
    },
  ],
  memory: [
    { limits: { memoryBytes: 4 * PAGE }, guest: GROWS, status: 200 },
    { limits: { memoryBytes: 3 * PAGE }, guest: GROWS, status: 200 },
    { limits: { memoryBytes: 2 * PAGE }, guest: GROWS, status: 500, logs: 'code=TRAP' },
    { limits: { memoryBytes: PAGE }, guest: GROWS, status: 500, logs: 'the limit is 65536' },
  ],
  table: [
    { limits: { tableElements: 7 }, guest: GROWS, status: 200 },
    { limits: { tableElements: 6 }, guest: GROWS, status: 200 },
    { limits: { tableElements: 5 }, guest: GROWS, status: 500, logs: 'code=TRAP' },
    { limits: { tableElements: 4 }, guest: GROWS, status: 500, logs: 'MODULE_TABLE_TOO_LARGE' },
  ],
  'open-files': [
    { ...files, limits: { openFiles: 6 }, says: '00' },
    { ...files, limits: { openFiles: 5 }, says: '00' },
    { ...files, limits: { openFiles: 4 }, says: '33', logs: 'limit="open-files 4"' },
  ],
  'file-size': [
    { ...files, limits: { fileBytes: 4 * MIB + 1 }, says: '00' },
    { ...files, limits: { fileBytes: 4 * MIB }, says: '00' },
    { ...files, limits: { fileBytes: 4 * MIB - PAGE }, says: '22', logs: '"file-size 4032KiB"' },
  ],
  written: [
    { ...files, limits: { writtenBytes: 4 * MIB + 1 }, says: '00' },
    { ...files, limits: { writtenBytes: 4 * MIB }, says: '00' },
    { ...files, limits: { writtenBytes: 4 * MIB - PAGE }, says: '51', logs: '"written 4032KiB"' },
  ],
  output: [
    { limits: { outputBytes: 7 }, guest: HELLO, status: 200, says: 'hello\n' },
    { limits: { outputBytes: 6 }, guest: HELLO, status: 200, says: 'hello\n' },
    { limits: { outputBytes: 5 }, guest: HELLO, status: 500, logs: 'over the limit output 5B: ' },
  ],
  stderr: [
    { limits: { stderrBytes: 6 }, guest: print('under', '', 2), status: 200, logs: 'text=under' },
    { limits: { stderrBytes: 5 }, guest: print('exact', '', 2), status: 200, logs: 'text=exact' },
    { limits: { stderrBytes: 4 }, guest: print('above', '', 2), status: 200, logs: 'text=abov' },
    {
      limits: { stderrBytes: 4 },
      guest: print('besides', '', 2),
      status: 200,
      logs: '[3 more bytes',
    },
    {
      limits: { stderrBytes: 3 },
      guest: print('besides', '', 2),
      status: 200,
      logs: '"stderr 3B"',
    },
  ],
  'request-body': [
    { ...body, limits: { bodyBytes: 7 }, body: 'sixish', says: '\r\n\r\nsixish' },
    { ...body, limits: { bodyBytes: 6 }, body: 'sixish', says: '\r\n\r\nsixish' },
    {
      ...body,
      limits: { bodyBytes: 5 },
      body: 'sixish',
      status: 413,
      logs: 'over the limit request-body 5B: the request body has ',
    },
  ],
};

const statusOf = ({ stdout }: Answer): number => Number(/^Status: (\d+)/.exec(stdout)?.[1]);

describe('the limits of a request', () => {
  let program: Program;
  let directory: string;
  before(async () => {
    program = await startProgram(['--workers', '2']);
    directory = join(program.directory, 'tree');
    await mkdir(directory);
    await chmod(directory, 0o777);
  });
  after(() => program.clear());

  for (const [name, rows] of Object.entries(ROWS)) {
    for (const [index, row] of rows.entries()) {
      const { guest, limits, status, says = '', logs = '' } = row;
      it(`${name}: answers ${status} ${says.trim()} under ${JSON.stringify(limits)}`, async () => {
        const module = await program.guest(`${name}-${index}.wasm`, guest);
        const preopens = [{ guest: '/', host: directory, readOnly: false }];
        const grant = { module, limits, cgi: row.body !== undefined, preopens };
        const lengths =
          row.body === undefined ? [{}] : [{}, { CONTENT_LENGTH: String(row.body.length) }];
        for (const length of lengths) {
          const url = `/${name}/${index}`;
          const given = signedParams(grant, { REQUEST_URI: url, ...length });
          const answer = await program.ask(given, row.body);
          expect(statusOf(answer), answer.stdout).to.equal(status);
          if (status === 200) expect(answer.stdout.endsWith(says), answer.stdout).to.equal(true);
          await program.logged(logs);
        }
      });
    }
  }

  it('are named where they were passed, and nowhere else', () => {
    for (const [name, rows] of Object.entries(ROWS)) {
      for (const [index, { logs, status }] of rows.entries()) {
        const lines = program.log
          .split('\n')
          .filter((line) => line.includes(`url=/${name}/${index} `));
        const told = lines.filter((line) => /limit-reached|request-failed/.test(line));
        const wanted = status !== 200 || (logs !== undefined && !/text=(under|exact)/.test(logs));
        expect(told.length > 0, `${name} ${index}: ${lines.join('\n')}`).to.equal(wanted);
      }
    }
  });

  for (const [what, limits, guest] of [
    ['output', { outputBytes: 3 * MIB }, flood(0xffffffff)],
    ['timeout', { timeoutMs: 300 }, flood(40).replace(/\)\)\s*$/, ' (loop (br 0))))')],
    ['cpu-time', { cpuTimeMs: 200 }, flood(40).replace(/\)\)\s*$/, ' (loop (br 0))))')],
  ] as const) {
    it(`cut the connection when ${what} is over and the head was sent`, async () => {
      const module = await program.guest(`cut-${what}.wasm`, guest);
      const failed = await program.ask(signedParams({ module, limits })).then(
        ({ stdout }) => stdout.slice(0, 100),
        (error: Error) => error.message,
      );
      expect(failed).to.equal('the connection ended before the record came');
      await program.logged(`over the limit ${what} `, 2);
    });
  }

  it('cut the connection when the body is over and the head was sent', async () => {
    const module = await program.guest('cut-body.wasm', ECHO);
    const client = await Client.connect(`unix:${program.socket}`);
    const limits = { bodyBytes: 6 };
    const entries = signedParams({ module, cgi: true, limits }, { CONTENT_LENGTH: '3' });
    const [first, second] = [request(1, { entries, body: 'six' }), request(1, { body: 'ish7' })];
    // Without the empty record of the first, and without begin and params of the second.
    client.send(first.subarray(0, -8));
    await client.reply(({ type, content }) => type === 6 && content.includes('six'));
    client.send(second.subarray(-8 - 12));
    const failed = await client.answer(1).catch((error: Error) => error.message);
    client.close();
    expect(failed).to.equal('the connection ended before the record came');
  });
});

describe('the limits of the server', () => {
  let program: Program | undefined;
  const clients: Client[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await program?.clear();
  });

  const start = async (...words: string[]): Promise<Program> => {
    program = await startProgram(words);
    return program;
  };
  const connect = async ({ socket }: Program): Promise<Client> => {
    const client = await Client.connect(`unix:${socket}`);
    clients.push(client);
    return client;
  };

  it('workers, queue: run as many, let as many wait, answer 503 to one more', async () => {
    const server = await start('--workers', '1', '--queue', '1');
    const module = await server.guest('sleep.wasm', SLEEP);
    const asked: Client[] = [];
    for (let i = 0; i < 3; i += 1) {
      const client = await connect(server);
      client.send(request(1, { entries: signedParams({ module, timeoutMs: 700 }) }));
      asked.push(client);
    }
    const answers = await Promise.all(asked.map((client) => client.answer(1)));
    const refused = answers.find((answer) => statusOf(answer) === 503);
    expect(answers.filter((answer) => statusOf(answer) === 504)).to.have.length(2);
    expect(refused?.stdout).to.match(RETRY);
    await server.logged('code=QUEUE_FULL status=503 reason="over the limit queue 1: ');
  });

  it('queue-timeout: answers 503 to what waited longer', async () => {
    const server = await start('--workers', '1', '--queue-timeout', '300ms');
    const module = await server.guest('sleep.wasm', SLEEP);
    const hello = signedParams({ module: await server.guest('hello.wasm', HELLO) });
    // A machine that is busy may need longer than that to start the first thread.
    while (statusOf(await server.ask(hello)) !== 200);
    const slow = await connect(server);
    slow.send(request(1, { entries: signedParams({ module, timeoutMs: 2000 }) }));
    let waited = await server.ask(hello);
    while (statusOf(waited) === 200) waited = await server.ask(hello);
    expect(waited.stdout).to.match(RETRY);
    expect(statusOf(await slow.answer(1))).to.equal(504);
    expect(statusOf(await server.ask(hello))).to.equal(200);
    await server.logged('reason="over the limit queue-timeout 300ms: no worker was free"');
  });

  it('connections: answers 503 to the request of one more', async () => {
    const server = await start('--connections', '2', '--workers', '4');
    const module = await server.guest('sleep.wasm', SLEEP);
    const hello = signedParams({ module: await server.guest('hello.wasm', HELLO) });
    const entries = signedParams({ module, timeoutMs: 1000 });
    const first = await connect(server);
    first.send(request(1, { entries }));
    expect(statusOf(await server.ask(hello))).to.equal(200);
    const second = await connect(server);
    second.send(request(1, { entries }));
    await server.logged('listening');
    const refused = await server.ask(hello);
    expect(refused.stdout).to.match(RETRY);
    await server.logged('reason="over the limit connections 2"');
    for (const client of [first, second]) expect(statusOf(await client.answer(1))).to.equal(504);
    expect(statusOf(await server.ask(hello))).to.equal(200);
  });

  for (const [over, status] of [
    [-1, 200],
    [0, 200],
    [1, 431],
  ] as const) {
    it(`params-size: answers ${status} to ${2048 + over} of 2048 bytes`, async () => {
      const server = await start('--params-size', '2KiB');
      const hello = signedParams({ module: await server.guest('hello.wasm', HELLO) });
      const length = pairs(Object.entries({ ...hello, HTTP_X: 'x'.repeat(200) })).length - 200;
      const HTTP_X = 'x'.repeat(2048 + over - length);
      expect(statusOf(await server.ask({ ...hello, HTTP_X }))).to.equal(status);
      if (over === 1) await server.logged('reason="over the limit params-size 2048: ');
    });
  }

  it('params-timeout: answers 408 when they are not complete by then', async () => {
    const server = await start('--params-timeout', '200ms');
    const entries = signedParams({ module: await server.guest('hello.wasm', HELLO) });
    const client = await connect(server);
    client.send(begin(1, 1), params(1, entries), stdin(1), begin(2));
    expect(statusOf(await client.answer(1))).to.equal(200);
    expect(statusOf(await client.answer(2))).to.equal(408);
    await server.logged('reason="over the limit params-timeout 200ms"');
  });

  for (const [over, status] of [
    [1, 500],
    [0, 200],
    [-1, 200],
  ] as const) {
    it(`module-size: answers ${status} to a module ${over} bytes over it`, async () => {
      const text = '(module (func (export "_start")))';
      const made = await start();
      const bytes = statSync(await made.guest('m.wasm', text)).size;
      await made.clear();
      const server = await start('--module-size', String(bytes - over));
      const module = await server.guest('m.wasm', text);
      expect(statusOf(await server.ask(signedParams({ module })))).to.equal(status);
      if (over === 1) await server.logged('code=MODULE_TOO_LARGE');
    });
  }
});

it('no limit of the option table is without its rows here', () => {
  const server = ['workers', 'queue', 'queue-timeout', 'connections'];
  // Those in spec/outgoing/ have rows of their own, and so has the last in spec/snapshot/room.spec.ts.
  const outgoing = OPTIONS.filter(({ name }) => name.startsWith('outgoing-'));
  const held = [
    ...Object.keys(ROWS),
    ...server,
    'params-size',
    'params-timeout',
    'module-size',
    ...outgoing.map(({ name }) => name),
    'snapshot-memory',
  ];
  const limits = OPTIONS.filter(({ over, name }) => over !== undefined && !name.startsWith('max-'));
  expect(held).to.have.members(limits.map(({ name }) => name));
});
