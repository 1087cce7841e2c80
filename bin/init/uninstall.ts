// `init --uninstall`: takes away what init put there, by what it remembers.

import { withProgress } from '../terminal.js';
import { apply } from './apply.js';
import type { Found } from './found.js';
import { configtest, findHttpd } from './httpd.js';
import { judgeAll } from './judge.js';
import { serviceWords } from './layouts.js';
import type { Manifest } from './manifest.js';
import { uninstallPlan } from './plan.js';
import { shellText } from './shell.js';
import { plannedText, say, stepText } from './show.js';

/** @throws Error when httpd would not start without it; then nothing is changed */
export async function uninstall(
  found: Found,
  manifest: Manifest | undefined,
  doesApply: boolean,
): Promise<void> {
  if (manifest === undefined) return say('Nothing to do: init put nothing here.');
  const judged = await judgeAll(uninstallPlan(manifest), manifest, false);
  if (!doesApply) {
    for (const one of judged) say(plannedText(one));
    return say(`- check: ${shellText(configtest(found.httpd))}`);
  }
  await apply(judged, {
    manifest,
    manifestFile: found.places.manifest,
    isInstall: false,
    async verify() {
      const fault = (await findHttpd(found.httpd.binary))?.fault;
      if (fault !== undefined) throw new Error(`${fault}: take out what else uses it first`);
    },
    said: (one, aside) => say(stepText(one, aside)),
    during: withProgress,
  });
  say(`✓ check: ${shellText(configtest(found.httpd))}`);
  say();
  if (found.layout.name === 'debian')
    say('The modules that a2enmod enabled with it stay enabled: other sites may use them.');
  // A graceful restart leaves the responder running.
  if (found.httpd.isRunning)
    say(`Then: ${shellText(await serviceWords(found.layout, found.httpd, 'restart'))}`);
}
