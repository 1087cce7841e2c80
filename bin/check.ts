// `wasm-fcgi check`: would these modules run, and is this Apache configuration right?

import type { CommandModule } from 'yargs';

import { limitOptions, limitsFromFlags } from '../lib/config/limitflags.js';
import { ConfigError } from '../lib/errors.js';
import { ModuleCache } from '../lib/module/cache.js';
import { checkApache } from './apache/check.js';
import { asksOthers, reasonsAgainst } from './fitness.js';

interface CheckFlags {
  readonly 'entry-point': string;
  readonly modules: string[] | undefined;
  readonly apache: string | undefined;
  readonly url: string[] | undefined;
  readonly httpd: string | undefined;
  readonly json: boolean;
}

export const checkCommand: CommandModule<object, CheckFlags> = {
  command: 'check [modules..]',
  describe: 'Say whether modules would run or an Apache configuration is right, and if not, why',
  builder: (args) =>
    args
      .options({
        'entry-point': {
          type: 'string',
          default: '_start',
          description: 'Exported function to call',
        },
        apache: {
          type: 'string',
          requiresArg: false,
          description: 'Apache configuration to look at; without a value the one that httpd reads',
        },
        url: {
          type: 'string',
          array: true,
          nargs: 1,
          description: 'With --apache: tell which line decides each setting for this URL or path',
        },
        httpd: { type: 'string', description: 'With --apache: the httpd to ask' },
        json: { type: 'boolean', default: false, description: 'With --apache: print JSON' },
        ...limitOptions(),
      })
      .positional('modules', { type: 'string', array: true, description: 'Module files' })
      .example('$0 check hello.wasm', 'Would it run, and if not, why')
      .example('$0 check --apache /etc/apache2/apache2.conf', 'What is wrong, line by line')
      .example('$0 check --apache --url http://www.example.org/shop/', 'Who decided what')
      .version(false),
  handler: async (flags) => {
    const { apache, modules: files = [] } = flags;
    if (files.length === 0 && apache === undefined)
      throw new ConfigError(['check: name modules, or a configuration with --apache']);
    for (const name of ['apache', 'httpd'] as const) {
      // Twice makes a list of it, whatever the type says.
      if (Array.isArray(flags[name])) throw new ConfigError([`check: --${name} is given twice`]);
    }
    const { limits, moduleBytes } = limitsFromFlags({ ...flags });
    const modules = new ModuleCache({ fileBytes: moduleBytes });
    for (const file of files) {
      const reasons = await reasonsAgainst(file, flags['entry-point'], modules, limits);
      const lines = reasons.map((reason) => `${file}: would not run: ${reason}`);
      const asks = reasons.length === 0 && (await asksOthers(file, modules, limits));
      const needs = asks ? ', and asks others over HTTP, whom WasmAllowHost has to name' : '';
      process.stdout.write(`${lines.join('\n') || `${file}: would run${needs}`}\n`);
      if (reasons.length > 0) process.exitCode = 1;
    }
    if (apache === undefined) {
      if (flags.url !== undefined || flags.httpd !== undefined || flags.json)
        throw new ConfigError(['check: --url, --httpd and --json need --apache']);
      return;
    }
    const { url = [], httpd, json } = flags;
    const asked = { apache, url, json, ...(httpd !== undefined && { httpd }) };
    await checkApache(asked, modules, limits);
  },
};
