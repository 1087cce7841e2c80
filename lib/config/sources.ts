// The ini file and the command line, as one.

import { readConfigFile } from './file.js';
import { parseFlags } from './flags.js';
import { type Given, type IniContent, parseIni } from './ini.js';

const DEFAULT_CONFIG_FILE = '/etc/wasm-fcgi/wasm-fcgi.ini';

export interface ConfigSources {
  /** Must exist. Default: `flags.config`, else `/etc/wasm-fcgi/wasm-fcgi.ini` where that exists. */
  readonly file?: string;
  /** The command line, by option name. It wins over the file. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Whether the process is root's. Default: found out. */
  readonly root?: boolean;
  /** The key where it was read before (a reload): a key-fd can be read once only. */
  readonly key?: Buffer;
}

export interface SourceContent extends Given {
  /** The ini file, where there is one. */
  readonly file: string | undefined;
  readonly pools: IniContent['pools'];
  /** Pools of the file that are no business of this process. */
  readonly otherPools: readonly string[];
  /** May be added to. */
  readonly faults: string[];
}

/** Reads all that was said; nothing of it is judged but option by option. */
export function readSources(sources: ConfigSources): SourceContent {
  const flags = parseFlags(sources.flags ?? {});
  const [named] = flags.values.get('config') ?? [];
  const wanted = sources.file ?? (typeof named === 'string' ? named : undefined);
  // The server whose pool this is has read the file, and said all that is in it.
  const ini = wanted === undefined && flags.mentioned.has('pool') ? NOTHING : readIni(wanted);
  // httpd starts one responder; pools of the same file are those of a `serve` beside it.
  const isOne = flags.mentioned.has('serving-fd');
  return {
    file: ini.file,
    values: new Map([...ini.values, ...flags.values]),
    mentioned: new Set([...ini.mentioned, ...flags.mentioned]),
    pools: isOne ? NOTHING.pools : ini.pools,
    otherPools: isOne ? [...ini.pools.keys()] : [],
    faults: [...ini.faults, ...flags.faults],
  };
}

type Ini = IniContent & { readonly file?: string };

const NOTHING: Ini = { values: new Map(), mentioned: new Set(), pools: new Map(), faults: [] };

function readIni(wanted: string | undefined): Ini {
  const file = wanted ?? DEFAULT_CONFIG_FILE;
  const content = readConfigFile(file);
  if (content === undefined) {
    return wanted === undefined ? NOTHING : { ...NOTHING, faults: [`${file} does not exist`] };
  }
  if ('fault' in content) return { ...NOTHING, faults: [content.fault] };
  return { ...parseIni(content.value, file), file };
}
