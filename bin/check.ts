// `wasm-fcgi check`: would these modules run, and if not, which import or export is the reason?

import type { CommandModule } from 'yargs';

import { limitOptions, limitsFromFlags } from '../lib/config/limitflags.js';
import { ModuleCache } from '../lib/module/cache.js';
import { reasonsAgainst } from './fitness.js';

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
