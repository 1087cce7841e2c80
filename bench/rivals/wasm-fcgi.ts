// Us: mod_wasm starts the responder, as in the shortest configuration.

import type { Httpd } from '../../apache/httpd.js';
import { costsOf } from '../measure/costs.js';
import { commandOf } from '../measure/processes.js';
import { type Program, pageOf, pathOf } from '../programs.js';
import type { Stage } from '../stage.js';
import type { Rival, Running } from './rival.js';

/** @param extension of guests */
function rivalOf(name: string, extension: string): Rival {
  return {
    name,
    async start(stage: Stage, program: Program): Promise<Running> {
      return {
        config: `
WasmCommand ${stage.command.map((word) => `"${word}"`).join(' ')}
${aliasOf(program, stage)}
<Location "/${name}/${pathOf(program)}">
    ${directivesOf(program, stage, extension).join('\n    ')}
    WasmTimeout 120
</Location>`,
        costs: async (httpd) => costsOf(await respondersOf(httpd)),
        stop: async () => {},
      };
    },
  };
}

export const wasmFcgi = rivalOf('wasm-fcgi', '.wasm');
/** The same guest as toolchains for WASI 0.2 leave it: the adapter of preview1 around it. */
export const component = rivalOf('component', '.component.wasm');

/** The responders that httpd has started. */
async function respondersOf(httpd: Httpd): Promise<number[]> {
  const children = await httpd.children();
  return children.filter((pid) => commandOf(pid).includes('serve'));
}

function aliasOf({ language }: Program, stage: Stage): string {
  if (language === 'wordpress') return `Alias "/wasm-fcgi/wordpress" "${stage.at('wordpress')}"`;
  return language === 'php' ? `Alias "/wasm-fcgi" "${stage.at('pages')}"` : '';
}

function directivesOf({ name, language }: Program, stage: Stage, extension: string): string[] {
  const pages = `WasmMapDirReadOnly /pages "${stage.at('pages')}"`;
  const lang = `WasmModule "${stage.at('langs', `${language}.wasm`)}"`;
  const cgi = ['SetHandler wasm-handler', 'WasmEnableCGI On'];
  const php = [
    `WasmModule "${stage.at('langs/php.wasm')}"`,
    'WasmEnableCGI On',
    'WasmMapCGIFileNames On',
    'WasmEnv REDIRECT_STATUS 200',
  ];
  switch (language) {
    case 'c':
      return [
        ...cgi,
        `WasmModule "${stage.at('guests', name + extension)}"`,
        ...(name === 'files'
          ? [`WasmMapDirReadOnly /files "${stage.at('files')}"`, 'WasmEnv FILES /files']
          : []),
      ];
    case 'php':
      return ['SetHandler wasm-handler', ...php, pages];
    case 'python':
      return [...cgi, lang, 'WasmArg -B', `WasmArg /pages/${pageOf(name, language)}`, pages];
    case 'ruby':
      return [
        ...cgi,
        lang,
        'WasmArg --disable=gems',
        `WasmArg /pages/${pageOf(name, language)}`,
        pages,
      ];
    case 'sqlite':
      return [
        'SetHandler wasm-handler',
        lang,
        'WasmArg /data/bench.db',
        `WasmArg "${stage.query}"`,
        `WasmMapDir /data "${stage.at('data')}"`,
      ];
    case 'wordpress':
      return [
        'DirectoryIndex index.php',
        'AddHandler wasm-handler .php',
        ...php,
        `WasmMapDir /wordpress "${stage.at('wordpress')}"`,
        `WasmMapDir /tmp "${stage.at('data')}"`,
      ];
  }
}
