// Builds the Debian package: the program with what it needs, the Apache module, their configuration.

import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { debianLoadText, DEFAULT_URL, helloText, serverText } from '../../bin/init/texts.js';
import { buildModule, sourceDirectory } from '../build.js';
import { copyProgram } from '../stage.js';

const run = promisify(execFile);

const MODULE = 'usr/lib/apache2/modules/mod_wasm.so';
const HELLO = 'usr/share/wasm-fcgi/hello.wasm';

/** Where each file of the sources goes, and the mode it has there. */
const FILES: readonly (readonly [from: string, to: string, mode: number])[] = [
  ['apache/debian/wasm-fcgi.ini', 'etc/wasm-fcgi/wasm-fcgi.ini', 0o644],
  ['apache/debian/postinst', 'DEBIAN/postinst', 0o755],
  ['apache/debian/prerm', 'DEBIAN/prerm', 0o755],
  ['apache/debian/postrm', 'DEBIAN/postrm', 0o755],
  ['samples/hello-wat/hello.wasm', HELLO, 0o644],
  ...['wasm_fcgi.py', 'python-cgi.py', 'python-wsgi.py', 'WasmFcgi.pm', 'wasm_fcgi.rb'].map(
    (name) =>
      [`lib/snapshot/preludes/${name}`, `usr/share/wasm-fcgi/preludes/${name}`, 0o644] as const,
  ),
  ['README.md', 'usr/share/doc/wasm-fcgi/README.md', 0o644],
  ['LICENSE', 'usr/share/doc/wasm-fcgi/copyright', 0o644],
  ['apache/README.md', 'usr/share/doc/wasm-fcgi/apache.md', 0o644],
  ['lib/config/README.md', 'usr/share/doc/wasm-fcgi/configuration.md', 0o644],
];

/** Apache's configuration, as `wasm-fcgi init` writes it. */
const CONFIGURATION: readonly (readonly [to: string, text: string])[] = [
  ['etc/apache2/mods-available/wasm.load', debianLoadText(`/${MODULE}`)],
  [
    'etc/apache2/mods-available/wasm.conf',
    serverText(['/usr/bin/wasm-fcgi'], '/usr/share/doc/wasm-fcgi/apache.md'),
  ],
  ['etc/apache2/conf-available/wasm-hello.conf', helloText(DEFAULT_URL, `/${HELLO}`)],
];

/** An administrator's changes to these outlive an upgrade. */
const CONFFILES = [...FILES.map(([, to]) => to), ...CONFIGURATION.map(([to]) => to)]
  .filter((file) => file.startsWith('etc/'))
  .map((file) => `/${file}\n`);

export interface DebOptions {
  /** Directory for the package; made if need be. */
  readonly to: string;
  /** By default that of package.json. */
  readonly version?: string;
  /** The folder that tsc wrote to, `dist` by default. */
  readonly builtTo?: string;
}

/**
 * Builds `wasm-fcgi_VERSION_ARCHITECTURE.deb` for the httpd of this system, and answers its path.
 * @throws Error with the words of the command that failed; dpkg-deb, apxs and a compiler are needed
 */
export async function buildDeb({ to, version, builtTo = 'dist' }: DebOptions): Promise<string> {
  const root = path.dirname(await sourceDirectory());
  const declared: { version: string; description: string } = JSON.parse(
    await readFile(path.join(root, 'package.json'), 'utf8'),
  );
  const { stdout } = await run('dpkg', ['--print-architecture']);
  const name = `wasm-fcgi_${version ?? declared.version}_${stdout.trim()}`;
  const tree = path.join(to, name);
  await rm(tree, { recursive: true, force: true });
  const put = async (from: string, place: string, mode: number): Promise<void> => {
    const target = path.join(tree, place);
    await mkdir(path.dirname(target), { recursive: true });
    await cp(from, target);
    await chmod(target, mode);
  };
  for (const [from, place, mode] of FILES) await put(path.join(root, from), place, mode);
  for (const [place, text] of CONFIGURATION) {
    await mkdir(path.dirname(path.join(tree, place)), { recursive: true });
    await writeFile(path.join(tree, place), text, { mode: 0o644 });
  }
  await put(await buildModule(), MODULE, 0o644);
  await copyProgram(root, builtTo, path.join(tree, 'usr/lib/wasm-fcgi'));
  await mkdir(path.join(tree, 'usr/bin'));
  await symlink('../lib/wasm-fcgi/dist/bin/wasm-fcgi.js', path.join(tree, 'usr/bin/wasm-fcgi'));
  await writeFile(path.join(tree, 'DEBIAN/conffiles'), CONFFILES.join(''));
  const facts = { ...declared, version: version ?? declared.version };
  await writeFile(path.join(tree, 'DEBIAN/control'), control(facts, stdout.trim()));
  await run('chmod', ['-R', 'u=rwX,go=rX', tree]);
  await run('dpkg-deb', ['--root-owner-group', '--build', tree, `${tree}.deb`]);
  await rm(tree, { recursive: true });
  return `${tree}.deb`;
}

function control(facts: { version: string; description: string }, architecture: string): string {
  return `Package: wasm-fcgi
Version: ${facts.version}
Architecture: ${architecture}
Maintainer: the wasm-fcgi project <wasm-fcgi@localhost>
Section: httpd
Priority: optional
Depends: apache2-api-20120211, nodejs (>= 20.19), libc6
Recommends: apache2
Description: Apache application server for WebAssembly
 ${facts.description}
`;
}
