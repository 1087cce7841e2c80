import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What each part may import: other parts of the program, and the node: modules kept to few. */
const MAY_IMPORT = new Map<string, readonly string[]>([
  [
    'bin',
    [
      'lib',
      'channel',
      'config',
      'dev',
      'fcgi',
      'module',
      'outgoing',
      'pool',
      'snapshot',
      'wasi',
      'component',
      'wasi2',
      'node:fs',
    ],
  ],
  [
    'lib',
    [
      'fcgi',
      'cgi',
      'config',
      'module',
      'outgoing',
      'pool',
      'channel',
      'snapshot',
      'supervise',
      'wasi',
      'component',
      'node:fs',
    ],
  ],
  ['fcgi', ['lib', 'node:net', 'node:fs']],
  ['cgi', ['lib']],
  ['config', ['lib', 'node:fs']],
  ['module', ['lib', 'component', 'node:fs']],
  ['component', []],
  ['channel', ['lib', 'component']],
  ['dev', ['lib', 'fcgi', 'config']],
  ['pool', ['lib', 'channel', 'node:worker_threads', 'node:fs']],
  ['supervise', ['lib', 'config', 'fcgi', 'node:net', 'node:fs', 'node:worker_threads']],
  ['worker', ['lib', 'channel', 'wasi', 'component', 'wasi2', 'node:worker_threads']],
  ['wasi', ['lib', 'node:fs']],
  ['wasi2', ['channel', 'component', 'wasi']],
  ['outgoing', ['lib', 'channel', 'node:net']],
  ['snapshot', ['lib', 'module', 'wasi', 'node:fs', 'node:worker_threads']],
  ['bench', ['fcgi', 'config', 'node:fs', 'node:net', 'node:worker_threads']],
]);
/** Files directly in lib/ that every part may know: data and errors, no behaviour of a stage. */
const SHARED = new Set(['anchor', 'errors', 'faults', 'few', 'log', 'picture', 'recent', 'run']);
const GUARDED = new Set(['node:fs', 'node:net', 'node:worker_threads']);

const FOLDERS = ['bin', 'lib', 'bench'];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly target: string;
}

describe('architecture', () => {
  const imports = FOLDERS.flatMap((folder) => importsBelow(join(ROOT, folder)));

  it('has imports to look at', () => {
    expect(imports.length).to.be.greaterThan(20);
  });

  it('keeps every import inside the table', () => {
    const wrong = imports.filter(({ from, target }) => !allowed(from, target));
    expect(wrong).to.deep.equal([]);
  });

  it('lets no stage import a file of lib/ itself but those that all may know', () => {
    const wrong = imports.filter(
      ({ from, target }) =>
        from !== 'bin' &&
        from !== 'lib' &&
        target.startsWith('lib/') &&
        !SHARED.has(target.slice(4)),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has no cycle between files', () => {
    const edges = new Map<string, string[]>();
    for (const folder of FOLDERS) {
      for (const file of sources(join(ROOT, folder))) edges.set(file, relativeImports(file));
    }
    expect(cycles(edges)).to.deep.equal([]);
  });

  it('is described by the same table in lib/README.md', () => {
    const readme = readFileSync(join(ROOT, 'lib/README.md'), 'utf8').replace(/ +/g, ' ');
    for (const [part, targets] of MAY_IMPORT) {
      const shown = targets.filter((target) => target !== 'lib').join(', ') || '-';
      expect(readme).to.include(`| \`${part}\` | ${shown} |`);
    }
  });
});

function allowed(from: string, target: string): boolean {
  if (target.startsWith('node:')) {
    return !GUARDED.has(target) || (MAY_IMPORT.get(from)?.includes(target) ?? false);
  }
  const part = target.split('/')[0] ?? '';
  return part === from || (MAY_IMPORT.get(from)?.includes(part) ?? false);
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

function specifiers(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s[^;]*?from '([^']+)'|^import '([^']+)'/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}

function relativeImports(file: string): string[] {
  return specifiers(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name.replace(/\.js$/, '.ts'))));
}

/** `lib/fcgi/x.ts` is part `fcgi`; a file directly in lib/ is part `lib`, as target `lib/<name>`. */
function partOf(file: string): string {
  const [top, folder, ...rest] = relative(ROOT, file).split(sep);
  return top === 'lib' && rest.length > 0 ? (folder ?? '') : (top ?? '');
}

function importsBelow(folder: string): Import[] {
  return sources(folder)
    .flatMap((file) =>
      specifiers(file).map((name): Import => {
        const from = partOf(file);
        if (!name.startsWith('.'))
          return {
            file: relative(ROOT, file),
            from,
            target: name.startsWith('fs') ? `node:${name}` : name,
          };
        const resolved = normalize(join(dirname(file), name));
        const part = partOf(resolved);
        const target =
          part === 'lib'
            ? `lib/${relative(join(ROOT, 'lib'), resolved).replace(/\.js$/, '')}`
            : part;
        return { file: relative(ROOT, file), from, target };
      }),
    )
    .filter(
      ({ target }) => target.startsWith('node:') || MAY_IMPORT.has(target.split('/')[0] ?? ''),
    );
}

function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'open')
      found.push([...path, file].map((name) => relative(ROOT, name)).join(' -> '));
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of edges.keys()) visit(file, []);
  return found;
}
