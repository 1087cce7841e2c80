// Whether requests begin from a snapshot, by the responder's own words in httpd's error log.

import { readFile } from 'node:fs/promises';

import type { Httpd } from '../../apache/httpd.js';
import { WrongAnswer } from '../load/load.js';

const EVENT = / (snapshot-(?:built|loaded|refused|failed|outdated|dropped)) .*/g;
/** At the end of a run that could have begun from the snapshot that there was. */
const FRESH = / run-ended .*\bbegun=fresh why=(?!not-ready).*/;
/** Python's takes 15 s of a processor that has nothing else to do. */
const BUILD_MS = 300_000;

/**
 * Resolves once the one route with WasmSnapshot has its snapshot.
 * @throws WrongAnswer when there is none, or not the same one from then on, or a run did not begin from it
 */
export async function servesFromSnapshot(httpd: Httpd): Promise<void> {
  await httpd.logged(new RegExp(EVENT.source), BUILD_MS);
  const fault = faultIn(await readFile(httpd.errorLog, 'utf8'));
  if (fault !== undefined) throw new WrongAnswer(fault);
}

/** Memory of a snapshot that was built, MiB. @throws Error when none was */
export async function pictureMiB(httpd: Httpd): Promise<number> {
  const [, size] = await httpd.logged(/ snapshot-built .* megabytes=([\d.]+)/);
  return Number(size);
}

const READY: ReadonlySet<string | undefined> = new Set(['snapshot-built', 'snapshot-loaded']);

/**
 * Any other line than that a snapshot is ready, or that of a run that was fresh for all that, in one line;
 * undefined when there is none.
 */
export function faultIn(log: string): string | undefined {
  const lines = [...log.matchAll(EVENT)];
  const wrong = lines.find(([, event]) => !READY.has(event)) ?? lines[1];
  if (wrong !== undefined) return wrong[0].trim();
  return FRESH.exec(log)?.[0].trim();
}
