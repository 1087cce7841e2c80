// What the specs of `check --apache` stand on: a configuration, its lines, and what is said of it.

import { rm } from 'node:fs/promises';

import { writeConfig } from '../../apache/httpd.js';
import type { Finding } from '../../bin/apache/finding.js';
import type { Place } from '../../bin/apache/place.js';
import { type Bed, makeBed } from '../apache/bed.js';
import { HELLO, assemble } from '../pool/guests.js';
import { runCommand } from '../program.js';

export const PORT = 8_041;

/** All that the configurations of these specs use, mod_wasm apart. */
export const MODULES = [
  'mime',
  'dir',
  'env',
  'alias',
  'rewrite',
  'authn_core',
  'authn_file',
  'authz_user',
  'auth_basic',
  'slotmem_shm',
  'lbmethod_byrequests',
  'proxy',
  'proxy_fcgi',
  'proxy_balancer',
  'fcgid',
];

interface Checked {
  readonly status: number | null;
  readonly urls: readonly Place[];
  readonly findings: readonly Finding[];
  readonly stdout: string;
  readonly stderr: string;
  /** `file:line` of the configuration, whose first line is 1. */
  readonly at: (line: number) => string;
}

export interface Desk {
  readonly bed: Bed;
  /** Runs `check --apache` on a configuration; `{}` in it is the directory of the bed. */
  check(config: string, urls?: readonly string[], modules?: readonly string[]): Promise<Checked>;
  /** The same, as text. */
  text(config: string, urls?: readonly string[]): Promise<Checked>;
}

/** A bed whose `hello.wasm` is a program. */
export async function makeDesk(): Promise<Desk> {
  const bed = await makeBed();
  await bed.write('hello.wasm', Buffer.from(assemble(HELLO)));
  const run = async (
    config: string,
    words: readonly string[],
    modules: readonly string[] = [...MODULES, `wasm=${bed.so}`],
  ): Promise<Checked> => {
    const head = [`DocumentRoot ${bed.at('docs')}`];
    if (modules.some((name) => name.startsWith('wasm='))) {
      head.push(`WasmCommand ${process.execPath}`);
    }
    const lines = [...head, config.replaceAll('{}', bed.dir).trim()];
    const written = await writeConfig({ modules, config: lines.join('\n'), port: PORT });
    const { dir, file, binary, headLines } = written;
    const ended = runCommand(['check', '--apache', file, '--httpd', binary, ...words]);
    await rm(dir, { recursive: true });
    const told: Pick<Checked, 'urls' | 'findings'> = ended.stdout.startsWith('{')
      ? JSON.parse(ended.stdout)
      : { urls: [], findings: [] };
    return {
      ...ended,
      ...told,
      at: (line) => `${file}:${headLines + head.length + line}`,
    };
  };
  return {
    bed,
    check: (config, urls, modules) => run(config, ['--json', ...asked(urls)], modules),
    text: (config, urls) => run(config, asked(urls)),
  };
}

function asked(urls: readonly string[] = []): string[] {
  return urls.flatMap((url) => ['--url', url]);
}

/** The settings of a place, as `setting @ place section`. */
export function decided(place: Place | undefined): string[] {
  return (place?.settings ?? []).map(({ setting, place: at, section }) =>
    `${setting} @ ${at} ${section}`.trim(),
  );
}
