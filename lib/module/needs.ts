// What configuration a module will need, judged by what it imports, exports and talks of.

import type { SizeLimits } from './patch.js';
import type { Profile } from './profile.js';

/** One line of Apache configuration, and why it is proposed. */
export interface Need {
  readonly reason?: string;
  /** None where the reason says all, because the line belongs elsewhere. */
  readonly directive?: string;
  /** A line to fill in or to choose: nobody but the author knows. */
  readonly isOpen?: boolean;
}

const PAGE_BYTES = 65_536;
/** Calls that only a program with directories makes. fd_prestat_get is in everything of wasi-libc. */
const FILE_CALLS: ReadonlySet<string> = new Set([
  'path_open',
  'path_filestat_get',
  'path_readlink',
  'fd_readdir',
]);
const WRITE_CALLS: ReadonlySet<string> = new Set([
  'path_create_directory',
  'path_remove_directory',
  'path_rename',
  'path_unlink_file',
]);

/**
 * The lines of a section that runs this module.
 * @param path absolute, as WasmModule will name it
 * @param limits what a program gets unless told otherwise
 */
export function needsOf(profile: Profile, path: string, limits: SizeLimits): Need[] {
  const needs: Need[] = [{ directive: `WasmModule ${quoted(path)}` }];
  const entry = entryPointOf(profile);
  if (entry !== undefined) {
    needs.push({ reason: 'it exports no _start', directive: `WasmEntryPoint ${quoted(entry)}` });
  }
  needs.push(...outputNeeds(profile), ...fileNeeds(profile), ...hostNeeds(profile));
  const least = (profile.memories[0]?.minimum ?? 0) * PAGE_BYTES;
  if (least > limits.memoryBytes) {
    const reason = `it starts with ${least} bytes of memory`;
    needs.push({ reason, directive: `WasmLimit memory ${least}` });
  }
  const elements = profile.tables.reduce((sum, { minimum }) => sum + minimum, 0);
  if (elements > limits.tableElements) {
    const reason = `it starts with ${elements} table elements`;
    needs.push({ reason, directive: `WasmLimit table ${elements}` });
  }
  return needs;
}

function entryPointOf({ exports }: Profile): string | undefined {
  const runnable = exports.filter(({ kind, type }) => kind === 'function' && type === '() -> ()');
  const names = new Set(runnable.map(({ name }) => name));
  if (names.has('_start')) return undefined;
  return ['main', '_main', ...names].find((name) => names.has(name) && name !== '_initialize');
}

function outputNeeds({ mentions, component }: Profile): Need[] {
  // Its response says all, and nothing of CGI is asked for.
  if (component?.world === 'handler') return [];
  const [name] = mentions;
  if (name === undefined) {
    return [
      open('if it prints a header and an empty line first', 'WasmEnableCGI On'),
      open('else, when it prints no HTML', 'WasmContentType text/plain'),
    ];
  }
  const needs: Need[] = [{ reason: `it talks of ${name}`, directive: 'WasmEnableCGI On' }];
  if (mentions.includes('SCRIPT_FILENAME')) {
    const reason = 'it looks for its script by SCRIPT_FILENAME';
    needs.push({ reason, directive: 'WasmMapCGIFileNames On' });
  }
  if (mentions.includes('HTTP_AUTHORIZATION')) {
    const reason = 'it talks of HTTP_AUTHORIZATION, which httpd withholds unless told';
    needs.push(open(reason, 'CGIPassAuth On'));
  }
  return needs;
}

function fileNeeds({ imports, component }: Profile): Need[] {
  if (component?.imports.some((name) => name.startsWith('wasi:filesystem/preopens@')) === true) {
    return [open('it can use files (wasi:filesystem)', 'WasmMapDirReadOnly /data /srv/data')];
  }
  const calls = new Set(imports.flatMap(({ module, name }) => (isWasi(module) ? name : [])));
  const reads = [...FILE_CALLS].find((name) => calls.has(name));
  const writes = [...WRITE_CALLS].find((name) => calls.has(name));
  const needs: Need[] = [];
  if (reads !== undefined) {
    needs.push(open(`it can read files (${reads})`, 'WasmMapDirReadOnly /data /srv/data'));
  }
  if (writes !== undefined) {
    needs.push(open(`it can change files (${writes})`, 'WasmMapDir /tmp /srv/tmp/program'));
  }
  return needs;
}

function hostNeeds({ component }: Profile): Need[] {
  if (component?.imports.some((name) => name.startsWith('wasi:http/outgoing-handler@')) !== true)
    return [];
  const reason =
    'it can ask others over HTTP (wasi:http/outgoing-handler), who are denied unless named';
  return [open(reason, 'WasmAllowHost https://api.example.org')];
}

function open(reason: string, directive: string): Need {
  return { reason, directive, isOpen: true };
}

function isWasi(module: string): boolean {
  return module === 'wasi_snapshot_preview1' || module === 'wasi_unstable';
}

/** As one word of httpd's configuration. */
function quoted(word: string): string {
  return /^[\w./:@%+,=~-]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A ready section: SetHandler and the needs, what is open as a comment. */
export function locationOf(url: string, needs: readonly Need[]): string {
  const lines = needs.flatMap(({ reason, directive, isOpen = false }) => [
    ...(reason === undefined ? [] : [`    # ${reason}`]),
    ...(directive === undefined ? [] : [`    ${isOpen ? '#' : ''}${directive}`]),
  ]);
  return [`<Location "${url}">`, '    SetHandler wasm-handler', ...lines, '</Location>'].join('\n');
}
