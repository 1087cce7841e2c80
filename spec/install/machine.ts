// Fresh Debian machines for the specs of installing: a minimal root by debootstrap, one container
// each by buildah, without a container engine and without root's own system being touched.

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Service, startService } from './service.js';

const run = promisify(execFile);
/** The oldest Debian whose own Node.js is new enough. */
const RELEASE = 'trixie';
const BASE = 'localhost/debian';
const HTTPD = '. /etc/apache2/envvars && mkdir -p $APACHE_RUN_DIR && exec apache2 -DFOREGROUND';
const PACKAGES = ['buildah', 'debootstrap'];
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
}

/** Images and machines of one suite. */
export class Machines {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Makes a base image of nothing but Debian: some 100 MB to download. */
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
    const root = path.join(this.#dir, 'debian');
    await run('debootstrap', ['--variant=minbase', RELEASE, root]);
    const certificates = process.env['NODE_EXTRA_CA_CERTS'];
    const container = await this.#buildah('from', 'scratch');
    if (certificates !== undefined) {
      await copyFile(certificates, path.join(root, CERTIFICATES));
      await this.#buildah('config', '--env', `NODE_EXTRA_CA_CERTS=/${CERTIFICATES}`, container);
    }
    await this.#buildah('add', '--quiet', container, root, '/');
    await this.#buildah('commit', '--quiet', '--rm', container, BASE);
    await rm(root, { recursive: true });
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
