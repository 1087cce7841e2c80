// The limits of programs against those of the modules in front of them.

import { LIMIT_ROWS } from '../../lib/config/limitrows.js';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../lib/config/quantity.js';
import { type Dump, type Line, areTogether, lineFor, linesOf } from './dump.js';
import { type Finding, finding } from './finding.js';

/** What httpd takes as a request's body where LimitRequestBody is not said, since 2.4.54. */
const HTTPD_BODY_BYTES = 1_073_741_824;
const FCGID_BODY_BYTES = 131_072;
const FCGID_IO_SECONDS = 40;
const FCGID_BUSY_SECONDS = 300;

/** The longest time that a program of a server may take, ms. */
export function longestTimeoutMs(dump: Dump, server: string): number {
  const usual = LIMIT_ROWS.find(({ name }) => name === 'timeout')?.default ?? '';
  const said = limitLines(dump, 'timeout', server).map(({ value }) => parseDuration(value) ?? 0);
  return Math.max(parseDuration(usual) ?? 0, ...said);
}

interface LimitLine {
  readonly line: Line;
  readonly value: string;
}

/** Lines that set a limit for this server, or for all. */
export function limitLines(dump: Dump, name: string, server: string): LimitLine[] {
  const [main] = dump.servers.keys();
  return linesOf(dump, 'WasmLimit', 'WasmTimeout').flatMap((line) => {
    if (line.server !== server && line.server !== main) return [];
    const [first = '', second = ''] = line.words;
    if (line.directive === 'WasmTimeout') return name === 'timeout' ? [{ line, value: first }] : [];
    return first.toLowerCase() === name ? [{ line, value: second }] : [];
  });
}

/** mod_fcgid cuts bodies and runs short by defaults of its own. */
export function lintFcgid(dump: Dump): Finding[] {
  const seen = new Set<string>();
  return [...dump.servers.values()].flatMap((server) => {
    const use = fcgidUse(dump, server.id);
    if (use === undefined) return [];
    const found = [
      bodyFinding(dump, server.id, use),
      timeFinding(dump, server.id, use, 'FcgidIOTimeout', FCGID_IO_SECONDS),
      timeFinding(dump, server.id, use, 'FcgidBusyTimeout', FCGID_BUSY_SECONDS),
    ];
    return found.filter((each): each is Finding => {
      const text = `${each?.place} ${each?.wrong}`;
      if (each === undefined || seen.has(text)) return false;
      seen.add(text);
      return true;
    });
  });
}

/** The line that sends programs of a server through mod_fcgid. */
function fcgidUse(dump: Dump, server: string): Line | undefined {
  if (dump.servers.get(server)?.mode === 'fcgid') return lineFor(dump, 'WasmServer', server);
  const wasm = [...dump.lines.values()].filter(({ directive }) => directive.startsWith('Wasm'));
  return linesOf(dump, 'SetHandler', 'AddHandler').find(
    (line) =>
      line.server === server &&
      line.words[0] === 'fcgid-script' &&
      wasm.some((other) => areTogether(other, line)),
  );
}

function bodyFinding(dump: Dump, server: string, use: Line): Finding | undefined {
  const line = lineFor(dump, 'FcgidMaxRequestLen', server);
  const allowed = line === undefined ? FCGID_BODY_BYTES : Number(line.words[0]);
  const limits = limitLines(dump, 'request-body', server);
  const sizes = limits.map(({ value }) => parseSize(value) ?? HTTPD_BODY_BYTES);
  // Who wrote one and no WasmLimit has said how large a body may be.
  const usual = line === undefined || allowed <= FCGID_BODY_BYTES ? HTTPD_BODY_BYTES : 0;
  const wanted = sizes.length > 0 ? Math.max(...sizes) : usual;
  if (allowed >= wanted) return undefined;
  const name =
    line === undefined ? 'FcgidMaxRequestLen is not set, so that it' : 'FcgidMaxRequestLen';
  const cause = sizes.length > 0 ? 'WasmLimit request-body' : 'httpd';
  return finding(
    line ?? use,
    `${name} is ${formatSize(allowed)}: larger bodies are answered with 500, where ${cause} allows ${formatSize(wanted)}`,
    `FcgidMaxRequestLen ${wanted}`,
  );
}

function timeFinding(
  dump: Dump,
  server: string,
  use: Line,
  directive: string,
  usualSeconds: number,
): Finding | undefined {
  const line = lineFor(dump, directive, server);
  const seconds = line === undefined ? usualSeconds : Number(line.words[0]);
  const longestMs = longestTimeoutMs(dump, server);
  if (seconds * 1_000 > longestMs) return undefined;
  return finding(
    line ?? use,
    `${directive} is ${seconds} s${line === undefined ? ', its default' : ''}: mod_fcgid gives up before a program that may take ${formatDuration(longestMs)}`,
    `${directive} ${Math.ceil(longestMs / 1_000) + 10}`,
  );
}

/** A limit of ours above LimitRequestBody never comes into force. */
export function lintBodies(dump: Dump): Finding[] {
  const bodies = linesOf(dump, 'LimitRequestBody');
  return linesOf(dump, 'WasmLimit').flatMap((line) => {
    const [name = '', value = ''] = line.words;
    const wanted = parseSize(value) ?? 0;
    if (name.toLowerCase() !== 'request-body') return [];
    const near = bodies.findLast((body) => areTogether(body, line));
    const allowed = near === undefined ? HTTPD_BODY_BYTES : Number(near.words[0]);
    const isSaid = near !== undefined || bodies.length === 0;
    if (!isSaid || allowed === 0 || wanted <= allowed) return [];
    return [
      finding(
        near ?? line,
        `httpd answers bodies over ${formatSize(allowed)} with 413 (LimitRequestBody${near === undefined ? ', its default' : ''}), before WasmLimit request-body ${value} counts`,
        `LimitRequestBody ${wanted}`,
      ),
    ];
  });
}
