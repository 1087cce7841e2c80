// `wasm-fcgi check --apache`: asks httpd what a configuration means, and says what is wrong with it.

import { ConfigError } from '../../lib/errors.js';
import type { ModuleCache } from '../../lib/module/cache.js';
import type { Limits } from '../../lib/run.js';
import { withProgress } from '../terminal.js';
import type { Dump } from './dump.js';
import { type Finding, finding } from './finding.js';
import { type Answer, type Httpd, askHttpd, findHttpd } from './httpd.js';
import { lintBodies, lintFcgid } from './limits.js';
import { type Identity, identityOf } from './permission.js';
import { type Place, lintPlace, placeFor } from './place.js';
import { lintPreopens } from './preopens.js';
import { lintPrograms } from './programs.js';
import { lintServers } from './servers.js';
import { findingText, placeText } from './tell.js';
import { lintVariables, lintWorkers } from './workers.js';

export interface ApacheFlags {
  /** The configuration; empty for httpd's own. */
  readonly apache: string;
  readonly url: readonly string[];
  readonly httpd?: string;
  readonly json: boolean;
}

/** Prints; the exit code is 1 when something is wrong. */
export async function checkApache(
  flags: ApacheFlags,
  modules: ModuleCache,
  limits: Limits,
): Promise<void> {
  const httpd = await findHttpd(flags.apache, flags.httpd);
  const { places, findings } = await withProgress(`reading ${httpd.file}`, () =>
    look(httpd, flags.url, modules, limits),
  );
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ urls: places, findings }, undefined, 2)}\n`);
  } else {
    const texts = [...places.map(placeText), ...findings.map(findingText)];
    process.stdout.write(texts.join('\n') || `${httpd.file}: nothing is wrong\n`);
  }
  if (findings.some(({ isHint }) => !isHint)) process.exitCode = 1;
}

async function look(
  httpd: Httpd,
  urls: readonly string[],
  modules: ModuleCache,
  limits: Limits,
): Promise<{ places: Place[]; findings: Finding[] }> {
  const answer = await askHttpd(httpd);
  const refusal = refusalOf(httpd, answer);
  if (refusal !== undefined) return { places: [], findings: [refusal] };
  const places: Place[] = [];
  const findings = await lint(answer.dump, modules, limits);
  for (const url of urls) {
    const { dump, ended, said } = await askHttpd(httpd, url);
    if (dump.badUrl !== undefined) throw new ConfigError([`check: --url ${url}: ${dump.badUrl}`]);
    if (dump.outcome === undefined) {
      throw new Error(
        `${httpd.binary} ended with ${ended} while it looked at ${url}: ${said.join('; ')}`,
      );
    }
    const known = new Set(answer.said);
    const place = placeFor(
      url,
      dump,
      dump.outcome,
      said.filter((line) => !known.has(line)).map(message),
    );
    places.push(place);
    findings.push(...lintPlace(place, dump, dump.outcome));
    findings.push(...(await lint(dump, modules, limits)));
  }
  return { places, findings: distinct(findings) };
}

async function lint(dump: Dump, modules: ModuleCache, limits: Limits): Promise<Finding[]> {
  const user = await userOf(dump);
  return [
    ...(await lintServers(dump, user)),
    ...lintWorkers(dump),
    ...lintFcgid(dump),
    ...lintBodies(dump),
    ...lintVariables(dump),
    ...(await lintPrograms(dump, user, modules, limits)),
    ...(await lintPreopens(dump, user)),
  ];
}

/** Whom programs run as: httpd's user, unless there are pools with users of their own. */
async function userOf({ process: httpd, lines }: Dump): Promise<Identity | undefined> {
  const hasPools = [...lines.values()].some(({ directive }) => directive === 'WasmUsePool');
  if (hasPools || !httpd?.user || httpd.user.startsWith('#')) return undefined;
  return identityOf(httpd.user, httpd.uid, httpd.gid);
}

/** Why httpd does not say what the configuration means. */
function refusalOf({ binary, file }: Httpd, { dump, ended, said }: Answer): Finding | undefined {
  const load = 'LoadModule wasm_module modules/mod_wasm.so (Debian: a2enmod wasm)';
  if (ended !== 0) {
    const text = said.map(message).join(' ');
    const [, line, where] = /on line (\d+) of ([^:]+):/.exec(text) ?? [];
    const place = line === undefined ? file : `${where}:${line}`;
    const unknown = /Invalid command '(Wasm\w+)'/.exec(text)?.[1];
    if (unknown !== undefined) return finding(place, `${unknown}: mod_wasm is not loaded`, load);
    return finding(
      place,
      `${binary} does not accept it (${ended}): ${text}`,
      'correct what it says',
    );
  }
  if (dump.process?.format === 1) return undefined;
  if (!dump.modules.has('wasm_module')) return finding(file, 'mod_wasm is not loaded', load);
  return finding(
    file,
    'the mod_wasm that it loads is of another version, and cannot be asked',
    'install the mod_wasm.so of this version',
  );
}

/** A line of the error log without its time, process and client. */
function message(line: string): string {
  return line.replace(/^(?:\[[^\]]*\] )+/, '');
}

function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((each) => [`${each.place} ${each.wrong}`, each]));
  return [...seen.values()];
}
