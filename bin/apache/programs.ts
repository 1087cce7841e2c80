// Lints of WasmModule: is there a program, would it run, and may its user read it?

import { parseSize } from '../../lib/config/quantity.js';
import type { ModuleCache } from '../../lib/module/cache.js';
import type { Limits } from '../../lib/run.js';
import { asksOthers, reasonsAgainst } from '../fitness.js';
import { type Dump, type Line, areTogether, linesOf } from './dump.js';
import { type Finding, finding, hint } from './finding.js';
import { limitLines } from './limits.js';
import { type Identity, READ, whatForbids } from './permission.js';

const ASKS = 'WasmAllowHost, with the origins that it needs: WasmAllowHost https://api.example.org';

export async function lintPrograms(
  dump: Dump,
  user: Identity | undefined,
  modules: ModuleCache,
  limits: Limits,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const seen = new Set<string>();
  for (const line of linesOf(dump, 'WasmModule')) {
    const path = line.path ?? '';
    const entryPoint = entryPointOf(dump, line);
    const program = `${entryPoint} ${path}`;
    if (seen.has(program)) continue;
    seen.add(program);
    const forbids = user && (await whatForbids(user, path, READ));
    const allowed = allowedBy(dump, line, limits);
    const reasons = await reasonsAgainst(path, entryPoint, modules, allowed);
    found.push(
      ...reasons.map((reason) =>
        finding(line, `WasmModule ${path} would not run: ${reason}`, `wasm-fcgi inspect ${path}`),
      ),
    );
    const isAllowed = linesOf(dump, 'WasmAllowHost').some((host) => areTogether(host, line));
    if (reasons.length === 0 && !isAllowed && (await asksOthers(path, modules, allowed)))
      found.push(hint(line, `WasmModule ${path} asks others over HTTP, and is denied all`, ASKS));
    if (user === undefined || forbids === undefined) continue;
    const wrong = `WasmModule ${path}: ${user.name}, who runs it, may not read it (${forbids})`;
    found.push(finding(line, wrong, `chmod o+${forbids === path ? 'r' : 'x'} ${forbids}`));
  }
  return found;
}

/** What a program may begin with: the largest that any WasmLimit of its server says. */
function allowedBy(dump: Dump, { server }: Line, limits: Limits): Limits {
  const values = (name: string): string[] =>
    limitLines(dump, name, server).map(({ value }) => value);
  const memory = values('memory').map((value) => parseSize(value) ?? 0);
  const table = values('table').map(Number);
  return {
    ...limits,
    memoryBytes: Math.max(limits.memoryBytes, ...memory),
    tableElements: Math.max(limits.tableElements, ...table),
  };
}

function entryPointOf(dump: Dump, module: Line): string {
  const line = linesOf(dump, 'WasmEntryPoint').findLast((entry) => areTogether(entry, module));
  return line?.words[0] ?? '_start';
}
