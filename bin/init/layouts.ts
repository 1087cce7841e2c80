// How distributions lay Apache's configuration out: one row each.

import { dirname, join } from 'node:path';

import type { Change } from './changes.js';
import type { Httpd } from './httpd.js';
import { isThere } from './shell.js';

/** Where the parts of our configuration go. */
export interface Places {
  /** The LoadModule lines. */
  readonly load: string;
  readonly server: string;
  readonly hello: string;
  /** Where httpd's modules are, when there is no apxs to ask. */
  readonly modules: string;
  /** The example program's directory. */
  readonly programs: string;
  readonly key: string;
  /** What init remembers about what it did. */
  readonly manifest: string;
}

export interface Layout {
  readonly name: 'debian' | 'rhel' | 'source';
  /** What it is known by. */
  readonly mark: string;
  fits(config: string): Promise<boolean>;
  places(config: string): Places;
  /** What makes httpd read the files, after they are written. */
  enable(config: string): Change[];
  /** The service of systemd. */
  readonly unit: string | undefined;
}

const PROGRAMS = '/usr/local/share/wasm-fcgi';
const MANIFEST = 'wasm-fcgi.init.json';
const KEY = 'wasm-fcgi.key';

const debian: Layout = {
  name: 'debian',
  mark: 'mods-available and conf-available',
  unit: 'apache2',
  fits: (config) => areThere(dirname(config), ['mods-available', 'conf-available']),
  places(config) {
    const at = (name: string): string => join(dirname(config), name);
    return {
      load: at('mods-available/wasm.load'),
      server: at('mods-available/wasm.conf'),
      hello: at('conf-available/wasm-hello.conf'),
      modules: '/usr/lib/apache2/modules',
      programs: PROGRAMS,
      key: at(KEY),
      manifest: at(MANIFEST),
    };
  },
  enable: (config) => [
    // --purge leaves no note that an administrator disabled it: a package may enable it later.
    {
      kind: 'run',
      words: ['a2enmod', 'wasm'],
      undo: ['a2dismod', '--purge', 'wasm'],
      marker: join(dirname(config), 'mods-enabled/wasm.load'),
      there: true,
    },
    {
      kind: 'run',
      words: ['a2enconf', 'wasm-hello'],
      undo: ['a2disconf', '--purge', 'wasm-hello'],
      marker: join(dirname(config), 'conf-enabled/wasm-hello.conf'),
      there: true,
    },
  ],
};

const rhel: Layout = {
  name: 'rhel',
  mark: 'conf.modules.d and conf.d',
  unit: 'httpd',
  fits: (config) => areThere(dirname(dirname(config)), ['conf.modules.d', 'conf.d']),
  places(config) {
    const at = (name: string): string => join(dirname(dirname(config)), name);
    return {
      // After 00-proxy.conf and 10-fcgid.conf, by name.
      load: at('conf.modules.d/10-wasm.conf'),
      server: at('conf.d/wasm.conf'),
      hello: at('conf.d/wasm-hello.conf'),
      modules: at('modules'),
      programs: PROGRAMS,
      key: at(KEY),
      manifest: at(MANIFEST),
    };
  },
  // Both directories are read as they are.
  enable: () => [],
};

const source: Layout = {
  name: 'source',
  mark: 'an Include line in the main file',
  unit: undefined,
  fits: async () => true,
  places(config) {
    const prefix = dirname(dirname(config));
    const at = (name: string): string => join(dirname(config), 'wasm.d', name);
    return {
      load: at('10-load.conf'),
      server: at('20-wasm.conf'),
      hello: at('30-hello.conf'),
      modules: join(prefix, 'modules'),
      programs: join(prefix, 'wasm'),
      key: at(KEY),
      manifest: join(dirname(config), MANIFEST),
    };
  },
  enable: (config) => [
    {
      kind: 'line',
      path: config,
      line: `IncludeOptional "${join(dirname(config), 'wasm.d')}/*.conf"`,
      there: true,
    },
  ],
};

/** The most particular one first. */
const LAYOUTS: readonly Layout[] = [debian, rhel, source];
export const LAYOUT_NAMES = LAYOUTS.map(({ name }) => name);

/** The layout of this name, else the one that fits. */
export async function layoutOf(httpd: Httpd, given: string | undefined): Promise<Layout> {
  for (const layout of LAYOUTS) {
    if (given === undefined ? await layout.fits(httpd.config) : layout.name === given)
      return layout;
  }
  return source;
}

type Verb = 'start' | 'reload' | 'restart';

/** The words that make httpd do that: systemd's where it runs, else those of httpd itself. */
export async function serviceWords(layout: Layout, httpd: Httpd, verb: Verb): Promise<string[]> {
  if (layout.unit !== undefined && (await isThere('/run/systemd/system')))
    return ['systemctl', verb, layout.unit];
  const own = verb === 'reload' ? 'graceful' : verb;
  return httpd.control === httpd.binary ? [httpd.binary, '-k', own] : [httpd.control, own];
}

async function areThere(directory: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => isThere(join(directory, name))));
  return found.every(Boolean);
}
