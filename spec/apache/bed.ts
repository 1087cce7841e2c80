// What the Apache specs stand on: a place with modules and directories, an httpd, and a client.

import { createHmac } from 'node:crypto';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { buildModule } from '../../apache/build.js';
import { startHttpd } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { publicDirectory } from '../../apache/stage.js';

export const KEY = 'a key of the specs, of more than 32 characters';
/** Eight bytes that pass for a core module. */
export const EMPTY_MODULE = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** A directory that httpd's user can read, with a few things in it. */
export interface Bed {
  /** Holds a.wasm, b.wasm, text.txt, data/, more/, docs/, key. */
  readonly dir: string;
  /** mod_wasm.so */
  readonly so: string;
  /** The words that start the dump responder. */
  readonly dump: readonly string[];
  /** A path in `dir`. */
  at(...parts: string[]): string;
  write(name: string, text: string | Buffer, mode?: number): Promise<string>;
  /**
   * Starts httpd with the dump responder as WasmCommand and the spec's key, and these lines.
   * @param modules before and after mod_wasm; default proxy, proxy_fcgi, then mod_wasm
   */
  start(config: string, modules?: readonly string[]): Promise<Httpd>;
  /** Ends every httpd that was started here and removes the directory. */
  clear(): Promise<void>;
}

export async function makeBed(): Promise<Bed> {
  const so = await buildModule();
  const dir = await publicDirectory('wasm-bed-');
  const at = (...parts: string[]): string => path.join(dir, ...parts);
  const running: Httpd[] = [];
  const write = async (name: string, text: string | Buffer, mode = 0o644): Promise<string> => {
    await mkdir(path.dirname(at(name)), { recursive: true });
    await writeFile(at(name), text, { mode });
    return at(name);
  };
  for (const name of ['data', 'more', 'docs']) await mkdir(at(name));
  await write('a.wasm', EMPTY_MODULE);
  await write('b.wasm', EMPTY_MODULE);
  await write('text.txt', 'not a module');
  await write('key', `${KEY}\n`, 0o600);
  // Its own file needs no package.json to be an ES module under this name.
  await copyFile(path.join(import.meta.dirname, 'dump-responder.js'), at('dump.mjs'));
  const dump = [process.execPath, at('dump.mjs')];

  return {
    dir,
    so,
    dump,
    at,
    write,
    async start(config, modules = ['proxy', 'proxy_fcgi', `wasm=${so}`]) {
      const head = [
        `WasmCommand ${dump.join(' ')}`,
        `WasmKeyFile ${at('key')}`,
        `DocumentRoot "${at('docs')}"`,
      ];
      const httpd = await startHttpd({ modules, config: `${head.join('\n')}\n${config}` });
      running.push(httpd);
      return httpd;
    },
    async clear() {
      for (const httpd of running) await httpd.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  /** The Host header, for virtual hosts. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Nothing here takes that long; without it a request that hangs would hide behind the suite's own limit. */
const PATIENCE_MS = 45_000;

/** One request on a connection of its own. */
export function ask(httpd: Httpd, url: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', host = 'localhost', headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const options = { port: httpd.port, host: '127.0.0.1', path: url, method, agent: false };
    const request = httpRequest({ ...options, headers: { host, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('latin1');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.on('error', reject);
    request.setTimeout(PATIENCE_MS, () =>
      request.destroy(new Error(`${url}: nothing came for ${PATIENCE_MS} ms`)),
    );
    request.end(body);
  });
}

/** What the dump responder tells. */
export interface Dump {
  readonly params: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly pid: number;
  readonly keyHash: string;
}

export async function dumpOf(httpd: Httpd, url: string, question: Question = {}): Promise<Dump> {
  const { status, text } = await ask(httpd, url, question);
  if (status !== 200) throw new Error(`${url}: ${status} ${text}`);
  const dump: Dump = JSON.parse(text);
  return dump;
}

const UNSIGNED = new Set(['WASM_SIGNATURE', 'WASM_SCRIPT_FILENAME']);

/** The configuration's own params: WASM_* without the signature and the per-request file name. */
export function wasmParams(dump: Dump): Record<string, string> {
  const entries = Object.entries(dump.params);
  return Object.fromEntries(
    entries.filter(([name]) => name.startsWith('WASM_') && !UNSIGNED.has(name)),
  );
}

/** The signature that the params contract asks for. */
export function signatureOf(params: Readonly<Record<string, string>>, key = KEY): string {
  const mac = createHmac('sha1', key);
  const names = Object.keys(params).filter((name) => name.startsWith('WASM_'));
  for (const name of names.sort()) {
    if (!UNSIGNED.has(name)) mac.update(`${name}=${params[name] ?? ''}\0`, 'latin1');
  }
  return mac.digest('hex');
}
