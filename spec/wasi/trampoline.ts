// A guest that does what a spec tells it: a module with an export for every import of WASI, so that
// each call crosses the real boundary with any arguments.

import wabt from 'wabt';
import type { Limits } from '../../lib/run.js';
import { WasiHost } from '../../lib/wasi/host.js';
import { type GuestProcess, GuestStop } from '../../lib/wasi/process.js';
import { type Grant, LIMITS, sourceOf } from './run.js';

/** Parameters of every function: i is i32, I is i64. */
export const SIGNATURES: Readonly<Record<string, string>> = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_dir_name: 'iii',
  fd_prestat_get: 'ii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  random_get: 'ii',
  sched_yield: '',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
};

export type Namespace = 'wasi_snapshot_preview1' | 'wasi_unstable';

/** The module, with that many pages of memory, which may grow to 16. */
export async function trampoline(namespace: Namespace, pages = 2): Promise<WebAssembly.Module> {
  const imports: string[] = [];
  const calls: string[] = [];
  for (const [name, letters] of Object.entries(SIGNATURES)) {
    const types = Array.from(letters, (letter) => (letter === 'I' ? 'i64' : 'i32'));
    const params = types.length === 0 ? '' : `(param ${types.join(' ')})`;
    const result = name === 'proc_exit' ? '' : '(result i32)';
    const gets = types.map((_, i) => `local.get ${i}`).join(' ');
    imports.push(`(import "${namespace}" "${name}" (func $${name} ${params} ${result}))`);
    calls.push(`(func (export "${name}") ${params} ${result} ${gets} call $${name})`);
  }
  const memory = `(memory (export "memory") ${pages} 16)`;
  const grow = '(func (export "grow") (param i32) (result i32) local.get 0 memory.grow)';
  const text = `(module ${imports.join('\n')} ${memory} ${grow} ${calls.join('\n')})`;
  const tools = await wabt();
  return new WebAssembly.Module(tools.parseWat('trampoline.wat', text).toBinary({}).buffer);
}

/** A run in which the spec makes the calls. Scratch memory: results at 0, names from 1024. */
export class Driver {
  readonly host = new WasiHost();
  readonly memory: WebAssembly.Memory;
  readonly out: Buffer[] = [];
  /** Flushes of stdout and stderr so far. */
  flushes = 0;
  /** Limits that have made a call fail, or part of it. */
  readonly reached = new Set<keyof Limits>();
  readonly #exports: Record<string, WebAssembly.ExportValue>;

  constructor(module: WebAssembly.Module, grant: Grant = {}) {
    const { stdin = '' } = grant;
    const sink = {
      write: (bytes: Uint8Array) => void this.out.push(Buffer.from(bytes)),
      flush: () => void this.flushes++,
      offer: () => undefined,
    };
    const process: GuestProcess = {
      args: grant.args ?? [],
      env: grant.env ?? [],
      preopens: grant.preopens ?? [],
      ...(grant.requestDirectory && { requestDirectory: grant.requestDirectory }),
      declined: grant.declined,
      limits: { ...LIMITS, ...grant.limits },
      stdin: typeof stdin === 'string' ? sourceOf(stdin) : stdin,
      stdout: sink,
      stderr: sink,
      wait() {
        throw new GuestStop({ kind: 'timeout' });
      },
      reached: (limit) => void this.reached.add(limit),
    };
    this.host.begin(process);
    this.#exports = new WebAssembly.Instance(module, this.host.importsFor(module)).exports;
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error('no memory');
    this.memory = memory;
    this.host.bind(memory);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  call(name: string, ...args: (number | bigint)[]): number {
    const call = this.#exports[name];
    if (typeof call !== 'function') throw new Error(`no ${name}`);
    return Number(call(...args));
  }

  /** Puts a string at `pointer`; returns what a call takes: pointer and length. */
  put(text: string | Uint8Array, pointer = 1024): [number, number] {
    const bytes = Buffer.from(text);
    new Uint8Array(this.memory.buffer).set(bytes, pointer);
    return [pointer, bytes.length];
  }

  /** path_open, following; returns the errno and, when that is 0, the fd. */
  open(path: string, options: OpenOptions = {}): { errno: number; fd: number } {
    const {
      dir = 3,
      lookup = 1,
      flags = 0,
      rights = READ,
      inheriting = ALL,
      fdFlags = 0,
    } = options;
    const at = this.put(path);
    const errno = this.call('path_open', dir, lookup, ...at, flags, rights, inheriting, fdFlags, 0);
    return { errno, fd: errno === 0 ? this.view.getUint32(0, true) : -1 };
  }

  /** A call that takes an fd and one path. */
  path(name: string, path: string, dir = 3): number {
    return this.call(name, dir, ...this.put(path));
  }

  stat(path: string, lookup = 1, dir = 3): number {
    return this.call('path_filestat_get', dir, lookup, ...this.put(path), 0);
  }

  rename(from: string, to: string, dir = 3, newDir = 3): number {
    return this.call('path_rename', dir, ...this.put(from), newDir, ...this.put(to, 8192));
  }

  link(from: string, to: string, lookup = 0, dir = 3, newDir = 3): number {
    return this.call('path_link', dir, lookup, ...this.put(from), newDir, ...this.put(to, 8192));
  }

  /** fd_write of one buffer; errno and how many bytes were taken. */
  write(fd: number, text: string | Uint8Array): { errno: number; bytes: number } {
    const errno = this.call('fd_write', fd, ...this.#iovec(text), 0);
    return { errno, bytes: this.view.getUint32(0, true) };
  }

  pwrite(fd: number, text: string, offset: bigint): { errno: number; bytes: number } {
    const errno = this.call('fd_pwrite', fd, ...this.#iovec(text), offset, 0);
    return { errno, bytes: this.view.getUint32(0, true) };
  }

  /** fd_read into one buffer of `size` bytes. */
  read(fd: number, size = 4096): { errno: number; text: string } {
    const errno = this.call('fd_read', fd, ...this.#iovec(new Uint8Array(size)), 0);
    const bytes = errno === 0 ? this.view.getUint32(0, true) : 0;
    return { errno, text: Buffer.from(this.memory.buffer, 16384, bytes).toString('latin1') };
  }

  #iovec(content: string | Uint8Array): [number, number] {
    const [pointer, length] = this.put(content, 16384);
    this.view.setUint32(512, pointer, true);
    this.view.setUint32(516, length, true);
    return [512, 1];
  }
}

export interface OpenOptions {
  readonly dir?: number;
  readonly lookup?: number;
  readonly flags?: number;
  readonly rights?: bigint;
  readonly inheriting?: bigint;
  readonly fdFlags?: number;
}

export const READ = 1n << 1n;
export const WRITE = 1n << 6n;
export const ALL = (1n << 30n) - 1n;
export const CREAT = 1;
export const DIRECTORY = 2;
export const EXCL = 4;
export const TRUNC = 8;
