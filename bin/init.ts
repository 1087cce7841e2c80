// `wasm-fcgi init`: from an Apache as its distribution left it to the first program that answers.

import type { CommandModule } from 'yargs';

import { ConfigError } from '../lib/errors.js';
import { find, isPackaged } from './init/found.js';
import { install } from './init/install.js';
import { LAYOUT_NAMES } from './init/layouts.js';
import { loadManifest } from './init/manifest.js';
import { foundText, say } from './init/show.js';
import { DEFAULT_URL } from './init/texts.js';
import { uninstall } from './init/uninstall.js';

interface InitFlags {
  readonly apply: boolean | undefined;
  readonly uninstall: boolean;
  readonly reload: boolean;
  readonly force: boolean;
  readonly httpd: string | undefined;
  readonly apxs: string | undefined;
  readonly layout: string | undefined;
  readonly url: string | undefined;
  readonly programs: string | undefined;
}

export const initCommand: CommandModule<object, InitFlags> = {
  command: 'init',
  describe: 'Set Apache up: its module, a starting configuration, a program to try',
  builder: (args) =>
    args
      .usage(
        '$0 init [options]\n\nSets Apache httpd up to serve WebAssembly. Says what it would do; --apply does it.',
      )
      .options({
        apply: { type: 'boolean', description: 'Do it, whole or not at all' },
        reload: {
          type: 'boolean',
          default: false,
          description: 'Then make httpd read it, or start it',
        },
        uninstall: {
          type: 'boolean',
          default: false,
          description: 'Remove what init put there, and nothing else (--no-apply: only say what)',
        },
        force: {
          type: 'boolean',
          default: false,
          description: 'Replace also files that somebody changed; the old ones are kept as *.saved',
        },
        httpd: { type: 'string', description: "Apache's binary, when PATH has none or another" },
        apxs: { type: 'string', description: 'The apxs that belongs to it' },
        layout: { choices: LAYOUT_NAMES, description: 'How its configuration is laid out' },
        url: { type: 'string', description: `Where the program answers (${DEFAULT_URL})` },
        programs: { type: 'string', description: 'Directory for the program' },
      })
      .example('$0 init', 'What was found, and what would be done')
      .example('sudo $0 init --apply --reload', 'Does it; then the first program answers')
      .example('$0 init --apply --httpd /opt/httpd/bin/httpd', 'Another Apache than that of PATH')
      .example('sudo $0 init --uninstall', 'Takes it all away again')
      .version(false),
  handler: init,
};

async function init(flags: InitFlags): Promise<void> {
  const doesApply = flags.apply ?? flags.uninstall;
  if (flags.url !== undefined && !/^\/[\w./~-]*[\w-]$/.test(flags.url))
    throw new ConfigError([
      `init: --url must be a path such as ${DEFAULT_URL}, not ${JSON.stringify(flags.url)}`,
    ]);
  const found = await find(flags);
  say(foundText(found));
  say();
  const manifest = await loadManifest(found.places.manifest);
  if (flags.uninstall) return uninstall(found, manifest, doesApply);
  if (await isPackaged(found))
    return say(
      `Nothing to do: the Debian package has set it up. Try:  curl http://localhost${DEFAULT_URL}`,
    );
  await install(found, manifest, { ...flags, apply: doesApply });
}
