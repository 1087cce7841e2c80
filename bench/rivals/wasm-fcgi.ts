// Us: mod_wasm starts the responder, as in the shortest configuration; and the same from snapshots.

import type { Httpd } from '../../apache/httpd.js';
import { costsOf } from '../measure/costs.js';
import { commandOf } from '../measure/processes.js';
import { type Program, WORDPRESS_HOST, pageOf, pathOf, siteOf } from '../programs.js';
import type { Stage } from '../stage.js';
import type { Rival, Running } from './rival.js';
import { servesFromSnapshot } from './snapshots.js';

const LOADED_WORDPRESS = [
  '/preludes/wordpress.php',
  'index=/wordpress/htdocs/index.php',
  'database=/wordpress/data/wordpress.sqlite',
  `host=${WORDPRESS_HOST}`,
];

/** What runs from snapshots has a responder of its own, or its memory would be that of fresh runs as well. */
const POOL = 'snapshots';
/** A line for each run, which says how it began. */
const TELLS_RUNS = 'log-level=debug';

interface Way {
  /** Of guests. Default `.wasm`. */
  readonly extension?: string;
  /** From a snapshot, with the prelude that the program needs for it. Default false. */
  readonly isSnapshot?: boolean;
}

function rivalOf(name: string, way: Way = {}): Rival {
  return {
    name,
    async start(stage: Stage, program: Program): Promise<Running> {
      return {
        ...(way.isSnapshot === true ? { settled: servesFromSnapshot } : {}),
        config: `
WasmCommand ${stage.command.map((word) => `"${word}"`).join(' ')}
${way.isSnapshot === true ? `WasmPool ${POOL} ${TELLS_RUNS}` : ''}
${aliasOf(name, program, stage)}
<Location "/${name}/${pathOf(program)}">
    ${way.isSnapshot === true ? `WasmUsePool ${POOL}` : ''}
    ${directivesOf(name, program, stage, way).join('\n    ')}
    WasmTimeout 120
</Location>`,
        costs: async (httpd) => costsOf(await respondersOf(httpd, way)),
        stop: async () => {},
      };
    },
  };
}

export const wasmFcgi = rivalOf('wasm-fcgi');
export const snapshot = rivalOf('wasm-fcgi+snapshot', { isSnapshot: true });
/** The same guest as toolchains for WASI 0.2 leave it: the adapter of preview1 around it. */
export const component = rivalOf('component', { extension: '.component.wasm' });

/** The responder that httpd has started for it. */
async function respondersOf(httpd: Httpd, { isSnapshot = false }: Way): Promise<number[]> {
  const children = await httpd.children();
  return children.filter((pid) => {
    const words = commandOf(pid);
    return (
      words.includes('serve') && words.some((word) => word.endsWith(TELLS_RUNS)) === isSnapshot
    );
  });
}

function aliasOf(name: string, program: Program, stage: Stage): string {
  const { language } = program;
  // Tells httpd where the application's own path begins.
  if (language === 'wsgi')
    return `Alias "/${name}/${pathOf(program)}" "${stage.at('pages', program.name)}.py"`;
  if (language === 'wordpress')
    return `Alias "/${name}/wordpress" "${stage.at(siteOf(name), 'htdocs')}"`;
  return language === 'php' ? `Alias "/${name}" "${stage.at('pages')}"` : '';
}

function directivesOf(
  rival: string,
  { name, language, rest = '' }: Program,
  stage: Stage,
  way: Way,
): string[] {
  const { extension = '.wasm', isSnapshot = false } = way;
  const pages = `WasmMapDirReadOnly /pages "${stage.at('pages')}"`;
  const preludes = `WasmMapDirReadOnly /preludes "${stage.at('preludes')}"`;
  const on = isSnapshot ? ['WasmSnapshot On', preludes] : [];
  const lang = `WasmModule "${stage.at('langs', `${language}.wasm`)}"`;
  const cgi = ['SetHandler wasm-handler', 'WasmEnableCGI On'];
  const php = [
    `WasmModule "${stage.at('langs/php.wasm')}"`,
    'WasmEnableCGI On',
    'WasmMapCGIFileNames On',
    'WasmEnv REDIRECT_STATUS 200',
    ...on,
  ];
  const asks = isSnapshot ? ['WasmEnv PHPRC /preludes', 'WasmEnv GATEWAY_INTERFACE CGI/1.1'] : [];
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
      return ['SetHandler wasm-handler', ...php, ...asks, pages];
    case 'python':
      return [
        ...cgi,
        lang,
        'WasmArg -B',
        ...(isSnapshot ? ['WasmArg /preludes/python-cgi.py'] : []),
        `WasmArg /pages/${pageOf(name, language)}`,
        pages,
        ...on,
      ];
    case 'wsgi':
      return [
        ...cgi,
        `WasmModule "${stage.at('langs/python.wasm')}"`,
        'WasmArg -B',
        'WasmArg /preludes/python-wsgi.py',
        ...(isSnapshot ? ['WasmArg --warm', `WasmArg ${rest}`, 'WasmSnapshot On'] : []),
        `WasmArg /pages/${name}.py:app`,
        'WasmEnv PYTHONPATH /libs',
        `WasmMapDirReadOnly /libs "${stage.at('libs')}"`,
        pages,
        preludes,
      ];
    case 'ruby':
      return [
        ...cgi,
        lang,
        'WasmArg --disable=gems',
        ...(isSnapshot ? ['WasmArg -r/preludes/wasm_fcgi'] : []),
        `WasmArg /pages/${pageOf(name, language)}`,
        pages,
        ...on,
      ];
    case 'perl':
      return [
        ...cgi,
        lang,
        ...(isSnapshot ? ['WasmArg -I/preludes', 'WasmArg -MWasmFcgi'] : []),
        `WasmArg /pages/${pageOf(name, language)}`,
        pages,
        ...on,
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
        ...(isSnapshot ? LOADED_WORDPRESS.map((word) => `WasmArg ${word}`) : []),
        `WasmMapDir /wordpress "${stage.at(siteOf(rival))}"`,
        `WasmMapDir /tmp "${stage.at('data')}"`,
      ];
  }
}
