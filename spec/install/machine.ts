// Fresh Debian machines for the specs of installing: a minimal root by debootstrap, one container
// each by buildah, without a container engine and without root's own system being touched.

import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Service, startService } from './service.js';
import { startShell } from './shell.js';
import type { Shell } from './shell.js';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../../..');
/** The oldest Debian whose own Node.js is new enough. */
const RELEASE = 'trixie';
const BASE = 'localhost/debian';
const HTTPD = '. /etc/apache2/envvars && mkdir -p $APACHE_RUN_DIR && exec apache2 -DFOREGROUND';
const PACKAGES = ['buildah', 'debootstrap', 'iproute2'];
/** Debian asks it what installing a package may start. Nothing: machines share our ports. */
const POLICY = 'usr/sbin/policy-rc.d';
/** Where npm is reached by way of a certificate of its own; no package writes here. */
const CERTIFICATES = 'etc/extra-certificates.crt';
/** Debian's place for it. */
const PID_FILE = '/var/run/apache2/apache2.pid';

/** Only root can make a root directory. */
export const CAN_MAKE_MACHINES = process.getuid?.() === 0;

/** One machine: a file system of its own, the processes and ports of this one. */
export interface Machine {
  /** Runs a command as `user`, root by default; answers what it printed. Throws with it on failure. */
  run(command: string, user?: string): Promise<string>;
  copy(from: string, to: string): Promise<void>;
  /** Starts httpd as `user`, with these variables. */
  startHttpd(env: Readonly<Record<string, string>>, user?: string): Service;
  /** A shell of root that lasts, with a loopback network and process ids of its own. */
  startShell(): Shell;
}

/** Images and machines of one suite. */
export class Machines {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Makes a base image of nothing but Debian. */
  static async create(): Promise<Machines> {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends'];
    await run('apt-get', [...apt, ...PACKAGES], { env }).catch(async () => {
      await run('apt-get', ['update']);
      await run('apt-get', [...apt, ...PACKAGES], { env });
    });
    const machines = new Machines(await mkdtemp(path.join(tmpdir(), 'wasm-fcgi-machines-')));
    await machines.#makeBase();
    return machines;
  }

  async #makeBase(): Promise<void> {
    const certificates = process.env['NODE_EXTRA_CA_CERTS'];
    const container = await this.#buildah('from', 'scratch');
    await this.#buildah('add', '--quiet', container, await debianRoot(), '/');
    if (certificates !== undefined) {
      await this.#buildah('copy', '--quiet', container, certificates, `/${CERTIFICATES}`);
      await this.#buildah('config', '--env', `NODE_EXTRA_CA_CERTS=/${CERTIFICATES}`, container);
    }
    await this.#buildah('commit', '--quiet', '--rm', container, BASE);
  }

  /** Builds a Containerfile whose `BASE` is the base image; answers the image's name. */
  async build(directory: string): Promise<string> {
    const name = 'localhost/built';
    const words = ['--network', 'host', '--layers=false', '--build-arg', `BASE=${BASE}`];
    await this.#buildah('bud', '--isolation', 'chroot', ...words, '--tag', name, directory);
    return name;
  }

  /** A machine of an image, by default one on which nothing was ever done. */
  async machine(image = BASE): Promise<Machine> {
    const container = await this.#buildah('from', image);
    const words = (user: string, env: Readonly<Record<string, string>>): string[] =>
      ['run', '--isolation', 'chroot', '--network', 'host', '--user', user].concat(
        Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        [container, '--', '/bin/sh', '-ec'],
      );
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const runHere = (command: string, user = 'root'): Promise<string> =>
      this.#buildah(...words(user, env), command);
    return {
      run: runHere,
      copy: async (from, to) => void (await this.#buildah('copy', '--quiet', container, from, to)),
      startHttpd: (more, user = 'root') => {
        const all = [...this.#store(), ...words(user, { ...env, ...more }), HTTPD];
        return startService('buildah', all, () => runHere(`kill $(cat ${PID_FILE})`));
      },
      startShell: () =>
        startShell(['buildah', ...this.#store(), ...words('root', env).slice(0, -1)]),
    };
  }

  async clear(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #buildah(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('buildah', [...this.#store(), ...words], { maxBuffer: 2 ** 26 });
    return stdout.trim();
  }

  #store(): string[] {
    const at = (name: string): string => path.join(this.#dir, name);
    return ['--storage-driver', 'vfs', '--root', at('images'), '--runroot', at('run')];
  }
}

/**
 * The files of a minimal Debian, as an archive. They are made once for a clone, out of some 100 MB
 * to download; machines ask Debian for newer packages when they need some.
 */
async function debianRoot(): Promise<string> {
  const archive = path.join(ROOT, '.build-machines', `${RELEASE}.tar`);
  if (
    await access(archive).then(
      () => false,
      () => true,
    )
  ) {
    await mkdir(path.dirname(archive), { recursive: true });
    const dir = await mkdtemp(path.join(path.dirname(archive), 'making-'));
    const root = path.join(dir, 'root');
    await run('debootstrap', ['--variant=minbase', RELEASE, root]);
    await writeFile(path.join(root, POLICY), '#!/bin/sh\nexit 101\n');
    await chmod(path.join(root, POLICY), 0o755);
    // Nothing is lost when the power fails; installing takes half the time.
    await writeFile(path.join(root, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
    await run('tar', ['-C', root, '-cf', `${archive}.new`, '.']);
    await rename(`${archive}.new`, archive);
    await rm(dir, { recursive: true });
  }
  return archive;
}
