// Lints of hand-written proxy lines that lead to a responder: mod_proxy's defaults are not made for it.

import { formatDuration } from '../../lib/config/quantity.js';
import { type Dump, type Line, type Worker, areTogether, linesOf } from './dump.js';
import { type Finding, finding, hint, textOf } from './finding.js';
import { longestTimeoutMs } from './limits.js';

/** Between the longest run and the moment at which mod_proxy gives up. */
const MARGIN_MS = 10_000;

export function lintWorkers(dump: Dump): Finding[] {
  const seen = new Set<string>();
  return dump.workers.flatMap((worker) => {
    const line = dump.lines.get(worker.note);
    if (line === undefined || seen.has(worker.url) || !leadsToWasm(dump, line, worker)) return [];
    seen.add(worker.url);
    const lacks = lackingParameters(worker, longestTimeoutMs(dump, line.server));
    if (lacks.length === 0) return [];
    const names = lacks.map(({ parameter }) => parameter).join(' ');
    const why = lacks.map(({ effect }) => effect).join('; ');
    return [finding(line, `${textOf(line)}: ${why}`, wayToWrite(line, worker, names))];
  });
}

interface Lack {
  readonly parameter: string;
  readonly effect: string;
}

function lackingParameters(worker: Worker, longestMs: number): Lack[] {
  const lacks: Lack[] = [];
  if (worker.reuse === 0) {
    lacks.push({
      parameter: 'enablereuse=on',
      effect: 'every request makes a new connection (no enablereuse)',
    });
  }
  if (worker.flush === 'off') {
    lacks.push({
      parameter: 'flushpackets=on',
      effect: 'output is held back to the end (no flushpackets)',
    });
  }
  if (worker.timeoutMs < longestMs) {
    lacks.push({
      parameter: `timeout=${Math.ceil((longestMs + MARGIN_MS) / 1_000)}`,
      effect: `mod_proxy waits ${formatDuration(worker.timeoutMs)} for output, a program may take ${formatDuration(longestMs)}`,
    });
  }
  return lacks;
}

function wayToWrite({ directive, sections }: Line, { url }: Worker, parameters: string): string {
  const isInProxy = sections[0]?.startsWith('<Proxy') === true;
  if (isInProxy || directive === 'BalancerMember' || directive.startsWith('ProxyPass')) {
    return `${parameters} at the end of that line`;
  }
  if (directive === '<Proxy') return `ProxySet ${parameters} in that section`;
  // Workers have their host for a name, not their socket.
  return `<Proxy "${url.slice(url.indexOf('fcgi://'))}" ${parameters}>, </Proxy>`;
}

/** php-fpm and the like are none of our business. */
function leadsToWasm(dump: Dump, line: Line, { url }: Worker): boolean {
  const targets = [...dump.servers.values()].map(({ target }) => target);
  if (targets.some((target) => target !== null && hasTarget(url, target))) return true;
  const wasm = [...dump.lines.values()].filter(({ directive }) => directive.startsWith('Wasm'));
  if (line.directive === 'BalancerMember' || line.directive === 'ProxySet') {
    const balancer = /balancer:\/\/([^/>" ]+)/.exec(line.sections[0] ?? line.words[0] ?? '')?.[1];
    return balancer !== undefined && targets.includes(balancer);
  }
  if (line.directive === 'SetHandler') return wasm.some((other) => areTogether(other, line));
  const [path] = line.words;
  return wasm.some(({ sections }) => sections.some((section) => locationIs(section, path)));
}

function hasTarget(url: string, target: string): boolean {
  const at = url.indexOf(target);
  return (
    at > 0 && ':/'.includes(url[at - 1] ?? ' ') && '|/'.includes(url[at + target.length] ?? '/')
  );
}

function locationIs(section: string, path: string | undefined): boolean {
  const words = /^<Location "?([^">]*)"?>$/i.exec(section);
  return path !== undefined && words?.[1] === path;
}

/** Lines that alter what was signed, or that programs never see. */
export function lintVariables(dump: Dump): Finding[] {
  const altered = linesOf(dump, 'ProxyFCGISetEnvIf')
    .filter(({ words }) => words.slice(1).some((word) => /^!?WASM_/i.test(word)))
    .map((line) =>
      finding(
        line,
        `${textOf(line)} alters signed params: the responder answers 403 (FORGED)`,
        'take the line out; WasmEnv gives a program variables',
      ),
    );
  const programs = linesOf(dump, 'WasmModule');
  const unseen = linesOf(dump, 'SetEnv', 'PassEnv')
    .filter((line) => programs.some((program) => areTogether(program, line)))
    .map((line) => {
      const words = line.directive === 'SetEnv' ? line.words : [line.words[0] ?? '', '…'];
      const wanted = textOf({ ...line, directive: 'WasmEnv', words });
      return hint(line, `${textOf(line)} does not reach programs`, wanted);
    });
  return [...altered, ...unseen];
}
