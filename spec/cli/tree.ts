// An Apache of its own for the specs of init: the system's httpd and modules, laid out below one
// directory as a source build or RHEL does it.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  mkdir,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findHttpd, sourceDirectory } from '../../apache/build.js';
import { freePort } from '../../apache/httpd.js';
import { copyProgram, publicDirectory } from '../../apache/stage.js';
import { startService } from '../install/service.js';

const BUILT = import.meta.dirname.split('/').at(-3) ?? 'dist';
/** Where each layout has the binary and its main file, and what that reads besides. */
const LAYOUTS = {
  source: { binary: 'bin/httpd', config: 'conf/httpd.conf', directories: [], reads: [] },
  rhel: {
    binary: 'usr/sbin/httpd',
    config: 'etc/httpd/conf/httpd.conf',
    directories: ['etc/httpd/conf.d', 'etc/httpd/conf.modules.d'],
    reads: ['etc/httpd/conf.modules.d/*.conf', 'etc/httpd/conf.d/*.conf'],
  },
} as const;

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Tree {
  private constructor(
    readonly root: string,
    readonly binary: string,
    readonly config: string,
    readonly origin: string,
    private readonly program: string,
  ) {}

  /** @param without modules that this httpd does not have */
  static async create(name: keyof typeof LAYOUTS, without: readonly string[] = []): Promise<Tree> {
    const layout = LAYOUTS[name];
    const root = await publicDirectory('wasm-init-');
    const at = (file: string): string => path.join(root, file);
    const { binary: httpd, modulesDirectory } = await findHttpd();
    for (const file of [layout.binary, layout.config])
      await mkdir(at(path.dirname(file)), { recursive: true });
    for (const directory of ['run', 'modules', ...layout.directories])
      await mkdir(at(directory), { recursive: true });
    for (const file of await readdir(modulesDirectory)) {
      if (file === 'mod_wasm.so' || without.some((module) => file === `mod_${module}.so`)) continue;
      await symlink(path.join(modulesDirectory, file), at(`modules/${file}`));
    }
    const port = await freePort();
    await script(at(layout.binary), `exec ${httpd} -d ${root} -f ${at(layout.config)} "$@"`);
    await script(
      at('bin/apxs'),
      `[ "$*" = "-q LIBEXECDIR" ] && { echo ${at('modules')}; exit; }\nexec apxs "$@"`,
    );
    await writeFile(
      at(layout.config),
      `${MAIN(root, port)}${layout.reads.map((files) => `IncludeOptional ${at(files)}\n`).join('')}`,
    );
    const program = at('package');
    await copyPackage(program);
    return new Tree(
      root,
      at(layout.binary),
      at(layout.config),
      `http://127.0.0.1:${port}`,
      program,
    );
  }

  at(file: string): string {
    return path.join(this.root, file);
  }

  /** Runs `wasm-fcgi init` for this httpd. */
  init(...words: readonly string[]): Promise<Answer> {
    const program = path.join(this.program, 'dist/bin/wasm-fcgi.js');
    const given = [
      '--httpd',
      this.binary,
      '--apxs',
      this.at('bin/apxs'),
      '--programs',
      this.at('programs'),
    ];
    return run(process.execPath, [program, 'init', ...given, ...words]);
  }

  configtest(): Promise<Answer> {
    return run(this.binary, ['-t']);
  }

  /** The program's answer, from a server that is started and stopped for it. */
  async get(url: string): Promise<{ readonly status: number; readonly text: string }> {
    const service = startService(this.binary, ['-DFOREGROUND'], () => this.stop());
    try {
      const answer = await service.get(`${this.origin}${url}`);
      return { status: answer.status, text: await answer.text() };
    } finally {
      await service.stop();
    }
  }

  /** Ends a running httpd. */
  async stop(): Promise<void> {
    await run(this.binary, ['-k', 'stop']);
    const pidFile = this.at('run/httpd.pid');
    while (await stat(pidFile).catch(() => undefined)) await delay(20);
  }

  /** Every file of httpd with its time and content. Two of them are equal when nothing was written. */
  async snapshot(): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    for (const name of (await readdir(this.root, { recursive: true })).sort()) {
      if (/^(package|run)(\/|$)/.test(name)) continue;
      const { mode, mtimeMs } = await stat(this.at(name));
      const isFile = (mode & 0o170000) === 0o100000;
      const content = isFile
        ? createHash('sha256')
            .update(await readFile(this.at(name)))
            .digest('hex')
        : '';
      files.set(name, isFile ? `${mode} ${mtimeMs} ${content}` : String(mode));
    }
    return files;
  }

  clear(): Promise<void> {
    return rm(this.root, { recursive: true });
  }
}

const MAIN = (root: string, port: number): string => `ServerRoot ${root}
ServerName localhost
Listen 127.0.0.1:${port}
DefaultRuntimeDir run
PidFile run/httpd.pid
Mutex file:run default
ErrorLog run/error.log
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
User www-data
Group www-data
`;

/** What npm installs, readable for every user. */
async function copyPackage(to: string): Promise<void> {
  const sources = await sourceDirectory();
  const root = path.dirname(sources);
  await copyProgram(root, BUILT, to);
  await cp(sources, path.join(to, 'apache'), {
    recursive: true,
    filter: (file) => file === sources || /\.[ch]$|Makefile$|README\.md$/.test(file),
  });
  const hello = 'samples/hello-wat/hello.wasm';
  await cp(path.join(root, hello), path.join(to, hello));
}

async function script(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
}

function run(program: string, words: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, words, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
