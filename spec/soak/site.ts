// A real httpd with a real responder for one scenario, and what can be asked of both from outside.

import { execFile } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import path from 'node:path';

import type { Httpd } from '../../apache/httpd.js';
import { startHttpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { type Bed, makeBed } from '../apache/bed.js';
import { serverUser } from '../apache/wirings.js';
import { ECHO, FILL, print, printTwice } from '../apache/guests.js';
import { assemble, flood } from '../pool/guests.js';

const BUILT = path.basename(path.join(import.meta.dirname, '../..'));
const MIB = 1_048_576;

/** The programs of a site, each at the URL of its name. */
const PROGRAMS = {
  hello: print('hello\n'),
  /** Sleeps a while between its two words. */
  nap: printTwice('good ', 5, 'morning\n'),
  loop: '(module (func (export "_start") (loop (br 0))))',
  /** 4 MiB. */
  large: flood(64),
  /** Never ends to write. */
  endless: flood(2 ** 30),
  echo: ECHO,
  fill: FILL,
} as const;

export interface Site {
  readonly bed: Bed;
  readonly httpd: Httpd;
  /** Process id of the responder that httpd has started. */
  responder(): Promise<number>;
  /** Its memory, MiB. */
  memoryMib(): Promise<number>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** More of the command line of `serve`. */
  readonly serve?: readonly string[] | ((bed: Bed) => Promise<readonly string[]>);
  /** Words before the command of the responder: a program that starts it. */
  readonly by?: (bed: Bed) => Promise<readonly string[]>;
  readonly modules?: readonly string[];
  /** More configuration; `serve` is the command with `serve`'s words in front. */
  readonly config?: (bed: Bed, serve: readonly string[]) => Promise<string>;
}

/** Starts both; `/data` is the directory of `/fill`. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const bed = await makeBed();
  try {
    for (const [name, wat] of Object.entries(PROGRAMS)) {
      await bed.write(`${name}.wasm`, Buffer.from(assemble(wat)));
    }
    await chmod(bed.at('data'), 0o777);
    const serve = await stageProgram(bed.dir, BUILT);
    const { serve: given = [] } = options;
    const words = typeof given === 'function' ? await given(bed) : given;
    const command = [...((await options.by?.(bed)) ?? []), ...serve, ...words];
    const httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', ...(options.modules ?? []), `wasm=${bed.so}`],
      config: `${configOf(bed, command)}\n${(await options.config?.(bed, serve)) ?? ''}`,
    });
    return new RunningSite(bed, httpd);
  } catch (thrown) {
    await bed.clear();
    throw thrown;
  }
}

/** Threads for 256 slow clients and as many others. */
function configOf(bed: Bed, command: readonly string[]): string {
  const sections = Object.keys(PROGRAMS).map(
    (name) => `
      <Location /${name}>
        SetHandler wasm-handler
        WasmModule ${bed.at(`${name}.wasm`)}
      </Location>`,
  );
  return `
    ServerLimit 8
    ThreadsPerChild 64
    MaxRequestWorkers 512
    WasmCommand ${command.map((word) => `"${word}"`).join(' ')}
    WasmKeyFile ${bed.at('key')}
    ${sections.join('')}
    <Location /echo>
      WasmEnableCGI On
    </Location>
    <Location /loop>
      WasmTimeout 100ms
    </Location>
    <Location /endless>
      WasmTimeout 5min
    </Location>
    <Location /fill>
      WasmMapDir / ${bed.at('data')}
    </Location>`;
}

class RunningSite implements Site {
  constructor(
    readonly bed: Bed,
    readonly httpd: Httpd,
  ) {}

  async responder(): Promise<number> {
    for (const pid of await this.httpd.children()) {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (words.includes('wasm-fcgi.js')) return pid;
    }
    throw new Error('there is no responder');
  }

  async memoryMib(): Promise<number> {
    return memoryOf(await this.responder());
  }

  async stop(): Promise<void> {
    try {
      await this.httpd.stop();
    } finally {
      await this.bed.clear();
    }
  }
}

/** Resident memory of a process, MiB. */
export async function memoryOf(pid: number): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kib) * 1024) / MIB;
}

/** Runs a program to its end. */
export async function run(program: string, ...words: string[]): Promise<void> {
  await promisify(execFile)(program, words);
}

/** Sets a limit of a running responder, `--nofile=100:` for example, as its own user, who may do so. */
export async function limit(pid: number, what: string): Promise<void> {
  const ids = await serverUser();
  await promisify(execFile)('prlimit', ['--pid', String(pid), what], { ...ids });
}
