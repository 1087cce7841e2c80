// `wasm-fcgi check`: would these modules run, and if not, which import or export is the reason?

import { resolve } from 'node:path';

import type { CommandModule } from 'yargs';

import { limitOptions, limitsFromFlags } from '../lib/config/limitflags.js';
import { RequestError } from '../lib/errors.js';
import { ModuleCache } from '../lib/module/cache.js';
import { explain } from '../lib/module/reasons.js';
import { WasiHost } from '../lib/wasi/host.js';
import { byteString } from './bytes.js';

interface CheckFlags {
  readonly 'entry-point': string;
  readonly modules: string[];
}

export const checkCommand: CommandModule<object, CheckFlags> = {
  command: 'check [options] <modules..>',
  describe: 'Say whether modules would run, and if not, why',
  builder: (args) =>
    args
      .options({
        'entry-point': {
          type: 'string',
          default: '_start',
          description: 'Exported function to call',
        },
        ...limitOptions(),
      })
      .positional('modules', {
        type: 'string',
        array: true,
        demandOption: true,
        description: 'Module files',
      })
      .version(false),
  handler: async (flags) => {
    const { limits, moduleBytes } = limitsFromFlags({ ...flags });
    const modules = new ModuleCache({ fileBytes: moduleBytes });
    for (const file of flags.modules) {
      const reasons = await reasonsAgainst(file, flags['entry-point'], modules, limits);
      const lines = reasons.map((reason) => `${file}: would not run: ${reason}`);
      process.stdout.write(`${lines.join('\n') || `${file}: would run`}\n`);
      if (reasons.length > 0) process.exitCode = 1;
    }
  },
};

async function reasonsAgainst(
  file: string,
  entryPoint: string,
  modules: ModuleCache,
  limits: { readonly memoryBytes: number },
): Promise<string[]> {
  try {
    const loaded = await modules.get(byteString(resolve(file)), limits);
    return explain(loaded, entryPoint, provided(loaded.module));
  } catch (thrown) {
    if (thrown instanceof RequestError) return [thrown.message];
    throw thrown;
  }
}

/** What the host gives this module, as `namespace.name`. */
function provided(module: WebAssembly.Module): Set<string> {
  const names = new Set<string>();
  for (const [namespace, functions] of Object.entries(new WasiHost().importsFor(module))) {
    for (const name of Object.keys(functions)) names.add(`${namespace}.${name}`);
  }
  return names;
}
