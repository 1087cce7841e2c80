// A WordPress of the bench's own, as the gallery lays one out, installed by its own form.

import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ordinaryAccount } from '../samples/account.js';
import { wordPressIn } from '../samples/wordpress/fetch.js';
import { installWordPress, stageWordPress } from '../samples/wordpress/site.js';
import { wasmFcgi } from './rivals/wasm-fcgi.js';
import { ROOT, type Stage } from './stage.js';
import { startSharedHttpd } from './workloads/httpd.js';

/** Environment variable: WordPress's document root with the SQLite plugin, not installed yet. */
const VARIABLE = 'WASM_FCGI_WORDPRESS';

/** @returns why it cannot be, in one line */
export async function stageSite(stage: Stage): Promise<string | undefined> {
  const site = stage.at('wordpress');
  if (existsSync(site)) return undefined;
  const files = process.env[VARIABLE] ?? wordPressIn(join(ROOT, '.build-wordpress'));
  if (!existsSync(join(files, 'wp-settings.php')))
    return `${VARIABLE} names no WordPress, and \`npm run demo -- --with wordpress\` has not fetched one`;
  stageWordPress(files, join(ROOT, 'samples/wordpress'), site, await ordinaryAccount());
  // Whoever answers, under whatever path, gives the same page.
  await copyFile(
    join(ROOT, 'bench/pages/wordpress.php'),
    join(site, 'htdocs/wp-content/mu-plugins/demo.php'),
  );
  const { config } = await wasmFcgi.start(stage, { name: 'wordpress', language: 'wordpress' });
  const httpd = await startSharedHttpd(stage, [config]);
  try {
    await installWordPress(`${httpd.origin}/${wasmFcgi.name}`);
  } finally {
    await httpd.stop();
  }
  return undefined;
}
