// Us: mod_wasm starts the responder, as in the shortest configuration.

import type { Httpd } from '../../apache/httpd.js';
import { costsOf } from '../measure/costs.js';
import { commandOf } from '../measure/processes.js';
import { type Program, pageOf, pathOf } from '../programs.js';
import type { Stage } from '../stage.js';
import type { Rival, Running } from './rival.js';

export const wasmFcgi: Rival = {
  name: 'wasm-fcgi',
  async start(stage: Stage, program: Program): Promise<Running> {
    return {
      config: `
WasmCommand ${stage.command.map((word) => `"${word}"`).join(' ')}
${program.language === 'php' ? `Alias "/wasm-fcgi" "${stage.at('pages')}"` : ''}
<Location "/wasm-fcgi/${pathOf(program)}">
    SetHandler wasm-handler
    WasmEnableCGI On
    WasmTimeout 120
    ${directivesOf(program, stage).join('\n    ')}
</Location>`,
      costs: async (httpd) => costsOf(await respondersOf(httpd)),
      stop: async () => {},
    };
  },
};

/** The responders that httpd has started. */
async function respondersOf(httpd: Httpd): Promise<number[]> {
  const children = await httpd.children();
  return children.filter((pid) => commandOf(pid).includes('serve'));
}

function directivesOf(program: Program, stage: Stage): string[] {
  const { name, language } = program;
  const pages = `"${stage.at('pages')}"`;
  switch (language) {
    case 'c':
      return [
        `WasmModule "${stage.at('guests', `${name}.wasm`)}"`,
        ...(name === 'files'
          ? [`WasmMapDirReadOnly /files "${stage.at('files')}"`, 'WasmEnv FILES /files']
          : []),
      ];
    case 'php':
      return [
        `WasmModule "${stage.at('langs/php.wasm')}"`,
        `WasmMapDirReadOnly /pages ${pages}`,
        'WasmMapCGIFileNames On',
        'WasmEnv REDIRECT_STATUS 200',
      ];
    case 'python':
      return [
        `WasmModule "${stage.at('langs/python.wasm')}"`,
        'WasmArg -B',
        `WasmArg /pages/${pageOf(program)}`,
        `WasmMapDirReadOnly /pages ${pages}`,
      ];
    case 'ruby':
      return [
        `WasmModule "${stage.at('langs/ruby.wasm')}"`,
        'WasmArg --disable=gems',
        `WasmArg /pages/${pageOf(program)}`,
        `WasmMapDirReadOnly /pages ${pages}`,
      ];
  }
}
