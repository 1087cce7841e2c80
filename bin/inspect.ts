// `wasm-fcgi inspect`: what a module is, wants and offers, and the configuration that runs it.

import { basename, resolve } from 'node:path';

import type { CommandModule } from 'yargs';

import { limitOptions, limitsFromFlags } from '../lib/config/limitflags.js';
import { ModuleCache } from '../lib/module/cache.js';
import { readModuleFile } from '../lib/module/file.js';
import { locationOf, needsOf } from '../lib/module/needs.js';
import { profile } from '../lib/module/profile.js';
import { MalformedModule } from '../lib/module/reader.js';
import { RequestError } from '../lib/errors.js';
import type { Limits } from '../lib/run.js';
import { byteString } from './bytes.js';
import { reasonsAgainst } from './fitness.js';
import { type Report, reportText } from './report.js';
import { withProgress } from './terminal.js';

interface InspectFlags {
  readonly module: string;
  readonly 'entry-point': string;
  readonly json: boolean;
}

export const inspectCommand: CommandModule<object, InspectFlags> = {
  command: 'inspect [options] <module>',
  describe: 'Show what a module is, imports and exports, and the configuration it needs',
  builder: (args) =>
    args
      .positional('module', { type: 'string', demandOption: true, description: 'Module file' })
      .options({
        json: { type: 'boolean', default: false, description: 'Print all of it as JSON' },
        'entry-point': {
          type: 'string',
          default: '_start',
          description: 'Exported function to call',
        },
        ...limitOptions(),
      })
      .example('$0 inspect hello.wasm', 'What it is, and a <Location> to paste')
      .example("$0 inspect --json php.wasm | jq '.imports[].name'", '')
      .version(false),
  handler: async (flags) => {
    const { limits, moduleBytes } = limitsFromFlags({ ...flags });
    const report = await withProgress(`reading ${flags.module}`, () =>
      reportOn(flags.module, flags['entry-point'], moduleBytes, limits),
    );
    process.stdout.write(
      flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report),
    );
  },
};

async function reportOn(
  file: string,
  entryPoint: string,
  moduleBytes: number,
  limits: Limits,
): Promise<Report> {
  const path = resolve(file);
  const { bytes, sha256 } = await readModuleFile(byteString(path), undefined, moduleBytes);
  const known = profileOf(file, bytes);
  const modules = new ModuleCache({ fileBytes: moduleBytes });
  const against = await reasonsAgainst(file, entryPoint, modules, limits);
  // Without what would be a pattern in a <Location>, or need an escape in a URL.
  const url = `/${basename(file, '.wasm').replaceAll(/[^\w.-]+/g, '-')}`;
  const configuration = locationOf(url, needsOf(known, path, limits));
  return { file: path, sha256, ...known, runs: against.length === 0, against, configuration };
}

function profileOf(file: string, bytes: Uint8Array): ReturnType<typeof profile> {
  try {
    return profile(bytes);
  } catch (thrown) {
    if (!(thrown instanceof MalformedModule)) throw thrown;
    throw new RequestError('MODULE_NOT_WASM', 500, `${file}: ${thrown.message}`);
  }
}
