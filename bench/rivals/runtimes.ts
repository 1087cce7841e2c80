// mod_cgid with a native Wasm runtime, for each that is found on the machine: a process, and a
// compilation or a look into the runtime's own cache, for each request.

import { accessSync, constants } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { type Program, pathOf } from '../programs.js';
import type { Stage } from '../stage.js';
import { MOST_AT_A_TIME, cgidScript } from './mod-cgid.js';
import type { Rival, Running } from './rival.js';

/** Each with the words between the program and the module. */
const RUNTIMES = { wasmtime: ['run'], wazero: ['run'], wasmedge: [] } as const;
type Runtime = keyof typeof RUNTIMES;

/** One rival for each runtime; those that are not there are missing. */
export const nativeRuntimes: readonly Rival[] = (['wasmtime', 'wazero', 'wasmedge'] as const).map(
  rivalOf,
);

function rivalOf(runtime: Runtime): Rival {
  const name = `mod_cgid+${runtime}`;
  return {
    name,
    mostAtATime: MOST_AT_A_TIME,
    missing: () =>
      find(runtime) === undefined
        ? `no ${runtime} in PATH, and ${variableOf(runtime)} names none`
        : undefined,
    async start(stage: Stage, program: Program): Promise<Running> {
      const script = stage.at('native', `${program.name}.${runtime}`);
      const words = [
        find(runtime),
        ...RUNTIMES[runtime],
        stage.at('guests', `${program.name}.wasm`),
      ];
      await writeFile(script, `#!/bin/sh\nHOME=${stage.at('data')} exec ${words.join(' ')}\n`);
      await chmod(script, 0o755);
      return cgidScript(stage, `/${name}/${pathOf(program)}`, script);
    },
  };
}

function variableOf(runtime: Runtime): string {
  return `WASM_FCGI_${runtime.toUpperCase()}`;
}

/** What the environment names, else the first one in PATH. */
function find(runtime: Runtime): string | undefined {
  const named = process.env[variableOf(runtime)];
  const places = (process.env['PATH'] ?? '').split(delimiter).map((place) => join(place, runtime));
  return (named === undefined ? places : [named]).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
