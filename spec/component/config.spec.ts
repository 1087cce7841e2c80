// wasi:config: a component is told what WasmEnv says, and no variable of the request.

import { expect } from 'chai';
import path from 'node:path';
import { stageProgram } from '../../apache/stage.js';
import { startHttpd } from '../../apache/httpd.js';
import { Pool } from '../../lib/pool/pool.js';
import { ask, makeBed } from '../apache/bed.js';
import { component, runComponent } from './toolkit.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));

/** Prints a head, all pairs a line each, and what `get` says of A and of Z. */
function teller(name: string): string {
  return `(component
    (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
    (alias export $error "error" (type $error-type))
    (import "wasi:io/streams@0.2.0" (instance $streams
      (export "output-stream" (type $out (sub resource)))
      (alias outer 1 $error-type (type $e)) (export "error" (type $err (eq $e)))
      (type $fault' (variant (case "last-operation-failed" (own $err)) (case "closed")))
      (export "stream-error" (type $fault (eq $fault')))
      (export "[method]output-stream.blocking-write-and-flush"
        (func (param "self" (borrow $out)) (param "contents" (list u8)) (result (result (error $fault)))))))
    (alias export $streams "output-stream" (type $out))
    (import "wasi:cli/stdout@0.2.0" (instance $stdout
      (alias outer 1 $out (type $o)) (export "output-stream" (type $s (eq $o)))
      (export "get-stdout" (func (result (own $s))))))
    (import "${name}" (instance $config
      (type $error' (variant (case "upstream" string) (case "io" string)))
      (export "error" (type $error (eq $error')))
      (export "get" (func (param "key" string) (result (result (option string) (error $error)))))
      (export "get-all" (func (result (result (list (tuple string string)) (error $error)))))))
    (core module $memory
      (memory (export "memory") 1) (global $used (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $used (i32.and (i32.add (global.get $used) (i32.const 7)) (i32.const -8)))
        (global.get $used)
        (global.set $used (i32.add (global.get $used) (local.get 3)))))
    (core instance $m (instantiate $memory))
    (alias core export $m "memory" (core memory $mem))
    (alias core export $m "realloc" (core func $realloc))
    (core func $get (canon lower (func $config "get") (memory $mem) (realloc $realloc)))
    (core func $all (canon lower (func $config "get-all") (memory $mem) (realloc $realloc)))
    (core func $open (canon lower (func $stdout "get-stdout")))
    (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
      (memory $mem)))
    (core module $main
      (import "m" "memory" (memory 1))
      (import "h" "get" (func $get (param i32 i32 i32)))
      (import "h" "all" (func $all (param i32)))
      (import "h" "open" (func $open (result i32)))
      (import "h" "write" (func $write (param i32 i32 i32 i32)))
      (data (i32.const 0) "Content-Type: text/plain\\n\\n=\\nAZ-")
      (func $say (param $at i32) (param $length i32)
        (call $write (global.get $out) (local.get $at) (local.get $length) (i32.const 64)))
      (global $out (mut i32) (i32.const 0))
      (func $pair (param $at i32)
        (call $say (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)))
        (call $say (i32.const 26) (i32.const 1))
        (call $say (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at)))
        (call $say (i32.const 27) (i32.const 1)))
      (func $tell (param $key i32)
        (call $get (local.get $key) (i32.const 1) (i32.const 128))
        (if (i32.load8_u (i32.const 128)) (then unreachable))
        (if (i32.load8_u (i32.const 132))
          (then (call $say (i32.load (i32.const 136)) (i32.load (i32.const 140))))
          (else (call $say (i32.const 30) (i32.const 1)))))
      (func (export "run") (result i32) (local $at i32) (local $left i32)
        (global.set $out (call $open))
        (call $say (i32.const 0) (i32.const 26))
        (call $all (i32.const 128))
        (if (i32.load8_u (i32.const 128)) (then unreachable))
        (local.set $at (i32.load (i32.const 132))) (local.set $left (i32.load (i32.const 136)))
        (block $end (loop $next
          (br_if $end (i32.eqz (local.get $left)))
          (call $pair (local.get $at))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $next)))
        (call $tell (i32.const 28)) (call $tell (i32.const 29))
        (i32.const 0)))
    (core instance $main (instantiate $main (with "m" (instance $m)) (with "h" (instance
      (export "get" (func $get)) (export "all" (func $all))
      (export "open" (func $open)) (export "write" (func $write))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $cli (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $cli)))`;
}

const HEAD = 'Content-Type: text/plain\n\n';
const STORE = 'wasi:config/store@0.2.0-rc.1';
const ENV = ['A=1', 'B=\u00c3\u00bc=', 'A=2', 'GATEWAY_INTERFACE=CGI/1.1'];

describe('component: wasi:config', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(() => pool.close());

  for (const name of [STORE.slice(12), 'store@0.2.0-draft', 'runtime@0.2.0-draft']) {
    it(`tells by ${name} what is configured, the first of each name`, async () => {
      const job = { env: ENV, configured: 3 };
      const { stdout } = await runComponent(
        pool,
        await component(teller(`wasi:config/${name}`)),
        job,
      );
      expect(stdout).to.equal(`${HEAD}A=1\nB=\u00c3\u00bc=\n1-`);
    });
  }

  it('is missing in another version', async () => {
    const bytes = await component(teller('wasi:config/store@0.2.0-rc.2'));
    const { outcome } = await runComponent(pool, bytes);
    expect(outcome).to.deep.include({ kind: 'link' });
    expect(outcome).to.have.property('message').that.includes('wasi:config/store@0.2.0-rc.2#get');
  });

  it('tells behind httpd what WasmEnv says, and nothing of the request', async () => {
    const bed = await makeBed();
    const module = await bed.write('c.wasm', Buffer.from(await component(teller(STORE))));
    const words = await stageProgram(bed.dir, BUILT);
    const httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: `WasmCommand ${words.map((word) => `"${word}"`).join(' ')}
        <Location /c>\nSetHandler wasm-handler\nWasmModule ${module}\nWasmEnableCGI On
        WasmEnv A one\nWasmEnv HTTP_A two\n</Location>`,
    });
    try {
      const { text } = await ask(httpd, '/c', { headers: { z: 'of the request' } });
      expect(text).to.equal('A=one\nHTTP_A=two\none-');
    } finally {
      await httpd.stop();
      await bed.clear();
    }
  });
});
