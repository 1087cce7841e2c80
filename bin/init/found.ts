// What is there to build on: httpd, its layout, apxs, a way to FastCGI, this program; and what lacks.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ConfigError } from '../../lib/errors.js';
import { type Httpd, findHttpd } from './httpd.js';
import { type Layout, type Places, layoutOf } from './layouts.js';
import { type Lack, installText, buildLacks } from './lacks.js';
import { ENFORCE, selinuxText } from './selinux.js';
import { isThere, programCalled, runCommand } from './shell.js';
import { NEEDED, type Wiring } from './texts.js';

/** The directory of this package. */
const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../wasm-fcgi.js', import.meta.url));
/** The program that is put where a first request finds it. */
const HELLO = join(PACKAGE, 'samples/hello-wat/hello.wasm');

export interface FindOptions {
  readonly httpd?: string | undefined;
  readonly apxs?: string | undefined;
  readonly layout?: string | undefined;
}

export interface Found {
  readonly httpd: Httpd;
  readonly layout: Layout;
  readonly places: Places;
  readonly apxs: string | undefined;
  /** Where the mod_*.so are. */
  readonly modulesDirectory: string;
  /** For each module that carries FastCGI: is it loaded, only there, or missing? */
  readonly carriers: Readonly<Record<Wiring, 'loaded' | 'there' | 'missing'>>;
  readonly wiring: Wiring;
  /** The words that start this program. */
  readonly command: readonly string[];
  readonly hello: string;
  /** The C sources of the module. */
  readonly sources: string;
  /** The manual of the directives. */
  readonly manual: string;
  /** What SELinux has to say, where there is one. */
  readonly selinux: string | undefined;
  /** What keeps the module from being built, and what keeps it from being of use. */
  readonly lacks: { readonly toBuild: readonly Lack[]; readonly toServe: readonly Lack[] };
}

/** @throws Error with the line to type when there is no httpd at all */
export async function find(options: FindOptions): Promise<Found> {
  const httpd = await findHttpd(options.httpd);
  if (httpd === undefined) {
    const line = await installText([{ what: 'httpd', apt: ['apache2'], dnf: ['httpd'] }]);
    throw new Error(`there is no Apache httpd in PATH; ${line}, or name it with --httpd`);
  }
  if (options.apxs !== undefined && !(await isThere(options.apxs)))
    throw new ConfigError([`init: --apxs ${options.apxs}: no such file`]);
  const layout = await layoutOf(httpd, options.layout);
  const places = layout.places(httpd.config);
  const beside = [dirname(httpd.binary), join(dirname(httpd.binary), '../bin')];
  const apxs = options.apxs ?? (await programCalled(['apxs', 'apxs2'], beside));
  const asked = apxs && (await runCommand([apxs, '-q', 'LIBEXECDIR'])).stdout.trim();
  const modulesDirectory = asked || places.modules;
  const state = async (name: string): Promise<'loaded' | 'there' | 'missing'> => {
    if (httpd.modules.has(`${name}_module`)) return 'loaded';
    return (await isThere(join(modulesDirectory, `mod_${name}.so`))) ? 'there' : 'missing';
  };
  const carriers = { proxy_fcgi: await state('proxy_fcgi'), fcgid: await state('fcgid') };
  const wiring: Wiring =
    carriers.proxy_fcgi === 'missing' && carriers.fcgid !== 'missing' ? 'fcgid' : 'proxy_fcgi';
  const command = [process.execPath, PROGRAM];
  const needed = await Promise.all(NEEDED[wiring].map(async (name) => [name, await state(name)]));
  const missing = needed.filter(([, is]) => is === 'missing').map(([name]) => `mod_${name}`);
  return {
    httpd,
    layout,
    places,
    apxs: asked ? apxs : undefined,
    modulesDirectory,
    carriers,
    wiring,
    command,
    hello: HELLO,
    sources: join(PACKAGE, 'apache'),
    manual: join(PACKAGE, 'apache/README.md'),
    selinux: selinuxText(await readFile(ENFORCE, 'utf8').catch(() => undefined)),
    lacks: {
      toBuild: await buildLacks(asked ? apxs : undefined, layout),
      toServe: [
        ...missing.map((what) => ({ what, apt: ['apache2-bin'], dnf: ['httpd'] })),
        ...(await responderLack(httpd, command)),
      ],
    },
  };
}

/** Does the Debian package of this program hold the places already? */
export async function isPackaged({ layout, places }: Found): Promise<boolean> {
  if (layout.name !== 'debian') return false;
  const list = await readFile('/var/lib/dpkg/info/wasm-fcgi.list', 'utf8').catch(() => '');
  return list.split('\n').includes(places.load) && isThere(places.load);
}

/** The responder runs as httpd's user, who cannot enter every place where npm installs. */
async function responderLack({ user }: Httpd, command: readonly string[]): Promise<Lack[]> {
  const { ok, output } = await runCommand([...command, 'run', HELLO], user);
  if (ok) return [];
  const who = user?.name ?? 'this user';
  return [
    {
      what: `a program that ${who} can run: ${command.join(' ')} ends with "${output.split('\n').at(-1)}"`,
      advice: 'install Node.js and wasm-fcgi where everybody may read, such as /usr/local',
    },
  ];
}
