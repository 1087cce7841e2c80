// Lints of WasmDir, WasmMapDir and their read-only kin: what they give away that no program needs.

import { stat } from 'node:fs/promises';

import { isBeneath, isSystemDirectory, normalized } from '../../lib/config/paths.js';
import { type Dump, type Line, linesOf } from './dump.js';
import { type Finding, finding, textOf } from './finding.js';
import { ENTER, type Identity, READ, WRITE, homes, whatForbids } from './permission.js';

const DIRECTIVES = ['WasmDir', 'WasmDirReadOnly', 'WasmMapDir', 'WasmMapDirReadOnly'];

/** Whole trees of the system, of which a program needs a part at most. */
const BROAD = new Set(['/boot', '/etc', '/home', '/opt', '/root', '/srv', '/tmp', '/usr', '/var']);
const BROAD_TO_WRITE = ['/bin', '/boot', '/etc', '/lib', '/lib64', '/sbin', '/usr'];

interface Preopen {
  readonly line: Line;
  readonly host: string;
  readonly isWritable: boolean;
  /** `WasmMapDirReadOnly /www /srv/x` */
  readonly readOnly: string;
}

/** @param user whom the programs run as, if that is known */
export async function lintPreopens(dump: Dump, user: Identity | undefined): Promise<Finding[]> {
  const people = await homes();
  const found: Finding[] = [];
  for (const line of linesOf(dump, ...DIRECTIVES)) {
    const preopen = preopenOf(line);
    if (preopen === undefined) continue;
    found.push(...tooBroad(preopen, people), ...secretsIn(preopen, dump));
    found.push(...sitesIn(preopen, dump), ...programsIn(preopen, dump));
    found.push(...(await missing(preopen, user)));
  }
  return found;
}

function preopenOf(line: Line): Preopen | undefined {
  const host = normalized(line.path ?? '');
  if (host === undefined) return undefined;
  const isWritable = !line.directive.endsWith('ReadOnly');
  const directive = isWritable ? `${line.directive}ReadOnly` : line.directive;
  return { line, host, isWritable, readOnly: textOf({ ...line, directive }) };
}

function tooBroad({ line, host, isWritable }: Preopen, people: string[]): Finding[] {
  const own = 'map the directory that the program needs, and nothing above it';
  if (isSystemDirectory(host)) {
    const wrong = `gives a program ${host === '/' ? 'the whole disk' : 'the system itself'}, and is answered with 403 unless the responder has allow-system-dirs`;
    return [finding(line, `${textOf(line)} ${wrong}`, own)];
  }
  const home = people.find((path) => isBeneath(path, host));
  if (home !== undefined) {
    return [finding(line, `${textOf(line)} gives away a home directory, ${home}`, own)];
  }
  const isBroad = BROAD.has(host);
  const isSystem = isWritable && BROAD_TO_WRITE.some((root) => isBeneath(host, root));
  if (!isBroad && !isSystem) return [];
  const what = isSystem ? 'lets a program change the system' : `gives away all of ${host}`;
  return [finding(line, `${textOf(line)} ${what}`, own)];
}

function secretsIn({ line, host }: Preopen, dump: Dump): Finding[] {
  const servers = [...dump.servers.values()];
  const secrets = [
    ...linesOf(dump, 'WasmKeyFile').map(({ path }) => ['the key of WasmKeyFile', path] as const),
    ...linesOf(dump, 'SSLCertificateKeyFile').map(({ path }) => ['a TLS key', path] as const),
    ...servers
      .filter(({ mode }) => mode === 'unix')
      .map(({ target }) => ["the responder's socket", target] as const),
    ['the runtime directory of httpd', dump.process?.runtimeDirectory ?? null] as const,
  ];
  const seen = new Map<string, string>();
  for (const [what, path] of secrets) {
    const place = normalized(path ?? '');
    if (place !== undefined && isBeneath(place, host)) seen.set(place, what);
  }
  const [first] = seen;
  if (first === undefined || isSystemDirectory(host)) return [];
  const [path, what] = first;
  return [
    finding(
      line,
      `${textOf(line)} holds ${what}, ${path}`,
      'map another directory, or keep that file elsewhere',
    ),
  ];
}

function sitesIn({ line, host, isWritable, readOnly }: Preopen, dump: Dump): Finding[] {
  const own = dump.servers.get(line.server)?.documentRoot ?? undefined;
  const roots = [...dump.servers.values()].flatMap(({ documentRoot }) =>
    documentRoot === null ? [] : [normalized(documentRoot) ?? ''],
  );
  const inside = [...new Set(roots)].filter((root) => root !== '' && isBeneath(root, host));
  const isVirtual = dump.servers.get(line.server)?.file !== null;
  // The main server's sections are every site's; one root alone is that of the program's own site.
  const foreign = inside.filter((root) => (isVirtual ? root !== own : inside.length > 1));
  if (foreign.length > 0 && !isSystemDirectory(host)) {
    const site = foreign.find((root) => root !== own) ?? foreign[0];
    return [
      finding(
        line,
        `${textOf(line)} holds the DocumentRoot of another site, ${site}`,
        'map the directory of one site only',
      ),
    ];
  }
  if (inside.length === 0 || !isWritable || isSystemDirectory(host)) return [];
  return [
    finding(
      line,
      `${textOf(line)} lets a program change all that the site serves, its own scripts included`,
      `${readOnly}, and WasmMapDir for the directories that it has to write`,
    ),
  ];
}

function programsIn({ line, host, isWritable, readOnly }: Preopen, dump: Dump): Finding[] {
  if (!isWritable || isSystemDirectory(host)) return [];
  const program = linesOf(dump, 'WasmModule').find(({ path }) =>
    isBeneath(normalized(path ?? '') ?? '', host),
  );
  if (program === undefined) return [];
  const wrong = `${textOf(line)} lets a program replace ${program.path}, which runs here`;
  return [finding(line, wrong, `${readOnly}, or keep programs elsewhere`)];
}

async function missing(
  { line, host, isWritable }: Preopen,
  user: Identity | undefined,
): Promise<Finding[]> {
  const found = await stat(host).catch((error: NodeJS.ErrnoException) => error.code ?? '');
  if (found === 'ENOENT' || found === 'ENOTDIR') {
    return [finding(line, `${textOf(line)}: there is no such directory`, `mkdir -p ${host}`)];
  }
  if (typeof found === 'string') return [];
  if (!found.isDirectory()) {
    return [finding(line, `${textOf(line)}: ${host} is not a directory`, 'name a directory')];
  }
  if (user === undefined) return [];
  const wanted = READ | ENTER | (isWritable ? WRITE : 0);
  const forbids = await whatForbids(user, host, wanted);
  if (forbids === undefined) return [];
  const may = isWritable ? 'read, write and enter' : 'read and enter';
  return [
    finding(
      line,
      `${textOf(line)}: ${user.name}, who runs the programs, may not ${may} it (${forbids})`,
      forbids === host ? `chown ${user.name} ${host}` : `chmod o+x ${forbids}`,
    ),
  ];
}
