// `init` without --uninstall: shows the plan, or does it.

import { resolve } from 'node:path';

import { harmless, withProgress } from '../terminal.js';
import { apply } from './apply.js';
import type { Found } from './found.js';
import { configtest, findHttpd } from './httpd.js';
import { type Judged, judgeAll } from './judge.js';
import { type Lack, installText } from './lacks.js';
import type { Manifest } from './manifest.js';
import { sayNext } from './next.js';
import { installPlan } from './plan.js';
import { shellText } from './shell.js';
import { plannedText, say, stepText } from './show.js';
import { DEFAULT_URL } from './texts.js';

const DONE_ALREADY = 'Nothing to do: all of it is there.';

export interface InstallFlags {
  readonly apply: boolean;
  readonly reload: boolean;
  readonly force: boolean;
  readonly url: string | undefined;
  readonly programs: string | undefined;
}

/** @throws Error with the one thing that is in the way; then nothing is changed */
export async function install(
  found: Found,
  manifest: Manifest | undefined,
  flags: InstallFlags,
): Promise<void> {
  const url = flags.url ?? manifest?.url ?? DEFAULT_URL;
  const programs = resolve(flags.programs ?? manifest?.programs ?? found.places.programs);
  const plan = await installPlan(found, { url, programs });
  const judged = await judgeAll(plan, manifest, flags.force);
  const isLeft = judged.some(({ state }) => state === 'due');
  const lack = await lackText(found, judged);
  if (!flags.apply) {
    for (const one of judged) say(plannedText(one));
    if (isLeft) say(`- check: ${shellText(configtest(found.httpd))}`);
    say();
    if (lack === undefined) say(isLeft ? 'Nothing was done: --apply does it.' : DONE_ALREADY);
    if (lack !== undefined) throw new Error(lack);
    return;
  }
  if (lack !== undefined) throw new Error(`${lack}\nnothing was changed`);
  const empty: Manifest = { version: 1, url, programs, directories: [], entries: [] };
  await apply(judged, {
    manifest: { ...(manifest ?? empty), url, programs },
    manifestFile: found.places.manifest,
    isInstall: true,
    verify: () => verify(found),
    said: (one, aside) => say(stepText(one, aside)),
    during: withProgress,
  });
  say(`✓ check: ${shellText(configtest(found.httpd))}`);
  say();
  if (!isLeft) say(DONE_ALREADY);
  if (judged.some(({ state }) => state === 'kept'))
    say('What was left as it is: --force replaces it, and keeps the old one beside it.');
  await sayNext(found, url, flags.reload);
}

/** What keeps the plan from being done, with what to type. */
async function lackText(found: Found, judged: readonly Judged[]): Promise<string | undefined> {
  const { fault } = found.httpd;
  if (fault !== undefined)
    return `httpd's configuration does not pass as it is: ${harmless(fault)}`;
  const builds = judged.some(
    ({ change, state }) =>
      state === 'due' && change.kind === 'write' && change.content.from === 'build',
  );
  const { toBuild, toServe } = found.lacks;
  const lacks: Lack[] = [...toServe, ...(builds ? toBuild : [])];
  if (lacks.length === 0) return undefined;
  const names = lacks.map(({ what }) => what).join(', ');
  return `missing: ${names}. ${await installText(lacks)}`;
}

async function verify({ httpd }: Found): Promise<void> {
  const now = await findHttpd(httpd.binary);
  if (now?.fault !== undefined) throw new Error(now.fault);
  if (now?.modules.has('wasm_module') !== true)
    throw new Error(`${httpd.config} does not lead httpd to the LoadModule line that was written`);
}
