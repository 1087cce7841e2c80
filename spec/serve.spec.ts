import { expect } from 'chai';

import { Client } from './fcgi/client.js';
import { KEEP, begin, params, stdin } from './fcgi/wire.js';
import { CAT, HELLO, SLEEP, command } from './pool/guests.js';
import { type Program, signedParams, startProgram } from './program.js';

/** Writes its answer in two parts; the second one traps. */
const HALF = command(
  `(call $write (i32.const 1) (i32.const 1024) (i32.const 26))
   (drop (call $poll (i32.const 2048) (i32.const 3000) (i32.const 1) (i32.const 8)))
   unreachable`,
  '(data (i32.const 1024) "Content-Type: text/x\\n\\nhalf")(data (i32.const 2064) "\\01")(data (i32.const 2072) "\\80\\f0\\fa\\02")',
);

/** Writes a line to its standard error, then crashes. */
const TRAP = command(
  '(call $write (i32.const 2) (i32.const 1024) (i32.const 15)) unreachable',
  '(data (i32.const 1024) "the last words\\n")',
);

describe('wasm-fcgi serve', () => {
  let program: Program;

  before(async () => {
    program = await startProgram(['--timeout', '1s', '--workers', '2', '--log-level', 'debug']);
  });
  after(() => program.clear());

  it('answers a signed request with the output of a program that knows no CGI', async () => {
    const module = await program.guest('hello.wasm', HELLO);
    const { stdout, appStatus } = await program.ask(signedParams({ module }));
    expect(stdout).to.equal(
      'Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\nhello\n',
    );
    expect(appStatus).to.equal(0);
  });

  it('sends the body to a CGI program and its answer back', async () => {
    const module = await program.guest('cat.wasm', CAT);
    const body = 'Content-Type: application/x\r\nX-Of: guest\r\n\r\n\0\xff bytes';
    const { stdout } = await program.ask(signedParams({ module, cgi: true }), body);
    expect(stdout).to.match(/^Status: 200 OK\r\nContent-Type: application\/x\r\nX-Of: guest\r\n/);
    expect(stdout).to.match(/\r\n\r\n\0\xff bytes$/);
  });

  it('refuses params without a signature with 403 and a log line', async () => {
    const module = await program.guest('hello.wasm', HELLO);
    const { stdout } = await program.ask({ WASM_MODULE: module, REQUEST_URI: '/unsigned' });
    expect(stdout).to.match(/^Status: 403 /);
    await program.logged('code=UNSIGNED');
    expect(program.log).to.match(/request-failed request=\S+ url=\/unsigned .*code=UNSIGNED/);
  });

  it('logs the cause of a failure with what to do, and tells the visitor its number alone', async () => {
    const module = await program.guest('trap.wasm', TRAP);
    const { stdout } = await program.ask(signedParams({ module }, { HTTP_ACCEPT: 'text/html' }));
    await program.logged('code=TRAP');
    const [, request] =
      /request-failed request=(\S+) .*code=TRAP .*fix="Read /.exec(program.log) ?? [];
    expect(stdout)
      .to.match(/^Status: 500 /)
      .and.include(`<code>${request}</code>`);
    expect(stdout).to.not.match(/TRAP|unreachable|the last words/);
  });

  it('refuses params that were altered after they were signed', async () => {
    const module = await program.guest('hello.wasm', HELLO);
    const params = signedParams({ module, args: ['one'] });
    const { stdout } = await program.ask({ ...params, WASM_ARG_0: 'other' });
    expect(stdout).to.match(/^Status: 403 /);
    await program.logged('code=FORGED');
  });

  it('refuses a directory that is all of the system, and names the way out', async () => {
    const module = await program.guest('hello.wasm', HELLO);
    const preopens = [{ guest: '/x', host: '/', readOnly: false }];
    const { stdout } = await program.ask(signedParams({ module, preopens }));
    expect(stdout).to.match(/^Status: 403 /);
    await program.logged('allow-system-dirs');
  });

  const FAULTS = [
    ['a trap', '(module (func (export "_start") unreachable))', 500, 'code=TRAP'],
    [
      'a missing import',
      '(module (import "env" "nope" (func)) (func (export "_start")))',
      500,
      'env.nope',
    ],
    ['a missing entry point', '(module (func (export "other")))', 500, '_start'],
    ['an endless loop', '(module (func (export "_start") (loop (br 0))))', 504, 'code=TIMEOUT'],
    ['a program that sleeps for ever', SLEEP, 504, 'code=TIMEOUT'],
    ['a CGI program that says nothing', '(module (func (export "_start")))', 502, 'code=NO_ANSWER'],
    ['a CGI program without a head', HELLO, 502, 'code='],
  ] as const;
  for (const [fault, wat, status, cause] of FAULTS) {
    it(`answers ${status} to ${fault}, and serves the next request`, async () => {
      const module = await program.guest('fault.wasm', wat);
      const { stdout } = await program.ask(
        signedParams({ module, cgi: true }, { REQUEST_URI: '/f', HTTP_ACCEPT: 'text/html' }),
      );
      expect(stdout).to.match(new RegExp(`^Status: ${status} `));
      expect(stdout)
        .to.match(/<title>/)
        .and.not.include('fault.wasm');
      await program.logged(cause);
      const good = await program.guest('hello.wasm', HELLO);
      expect((await program.ask(signedParams({ module: good }))).stdout).to.match(/hello\n$/);
    });
  }

  it('answers 500 to a file that is not Wasm, and 404 to one that is not there', async () => {
    const module = await program.write('text.wasm', 'text');
    expect((await program.ask(signedParams({ module }))).stdout).to.match(/^Status: 500 /);
    await program.logged('code=MODULE_NOT_WASM');
    const missing = `${program.directory}/missing.wasm`;
    expect((await program.ask(signedParams({ module: missing }))).stdout).to.match(/^Status: 404 /);
  });

  it('answers 408 to a body that does not come while others wait for the worker', async () => {
    const module = await program.guest('cat.wasm', CAT);
    const client = await Client.connect(`unix:${program.socket}`);
    // The first takes the one of two workers that may wait for bodies.
    for (const [id, timeoutMs] of [
      [1, 900],
      [2, 100],
    ] as const) {
      const entries = signedParams({ module, cgi: true, timeoutMs });
      client.send(begin(id, KEEP), params(id, entries), stdin(id, 'x'));
    }
    const { stdout } = await client.answer(2);
    expect(stdout).to.match(/^Status: 408 /);
    await program.logged('code=BODY_TIMEOUT');
    client.close();
  });

  it('never lets half an answer pass for a whole one', async () => {
    const module = await program.guest('half.wasm', HALF);
    const failed = await program.ask(signedParams({ module, cgi: true })).then(
      ({ stdout }) => stdout,
      (error: Error) => error.message,
    );
    expect(failed).to.equal('the connection ended before the record came');
  });

  it('logs guest stderr by line with URL, virtual host and module', async () => {
    const module = await program.guest(
      'stderr.wasm',
      command(
        '(call $write (i32.const 2) (i32.const 1024) (i32.const 9))',
        '(data (i32.const 1024) "one\\n\\1btwo\\n")',
      ),
    );
    const params = { REQUEST_URI: '/page?q', SERVER_NAME: 'a.example', SERVER_PORT: '80' };
    await program.ask(signedParams({ module }, params));
    await program.logged('two');
    const lines = program.log
      .split('\n')
      .filter((line) => / guest-stderr .*stderr\.wasm/.test(line));
    expect(lines).to.have.length(2);
    expect(lines[0]).to.match(
      /url="?\/page\?q"? vhost=a.example:80 module=\S+stderr.wasm text=one$/,
    );
    expect(lines[1]).to.match(/text="\\u001btwo"$/);
  });

  it('serves a module that was replaced from the next request on', async () => {
    const module = await program.guest('new.wasm', HELLO);
    expect((await program.ask(signedParams({ module }))).stdout).to.match(/hello\n$/);
    await program.guest(
      'new.wasm',
      command(
        '(call $write (i32.const 1) (i32.const 1024) (i32.const 4))',
        '(data (i32.const 1024) "new\\n")',
      ),
    );
    expect((await program.ask(signedParams({ module }))).stdout).to.match(/\r\n\r\nnew\n$/);
  });
});

describe('wasm-fcgi serve with error-details', () => {
  let program: Program;
  before(async () => (program = await startProgram([], '[server]\nerror-details = on\n')));
  after(() => program.clear());

  it('tells a visitor the cause, what to do, and what the program wrote', async () => {
    const module = await program.guest('trap.wasm', TRAP);
    const { stdout } = await program.ask(signedParams({ module }, { HTTP_ACCEPT: 'text/html' }));
    expect(stdout).to.include('TRAP: unreachable').and.include('<pre>the last words</pre>');
    const missing = await program.ask(signedParams({ module: '/missing.wasm' }));
    expect(missing.stdout).to.include('MODULE_NOT_FOUND: module /missing.wasm does not exist');
  });
});
