// A WordPress of the bench's own, as the gallery lays one out, installed by its own form.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ordinaryAccount } from '../samples/account.js';
import { wordPressIn } from '../samples/wordpress/fetch.js';
import { installWordPress, stageWordPress } from '../samples/wordpress/site.js';
import { siteOf } from './programs.js';
import { wasmFcgi } from './rivals/wasm-fcgi.js';
import { ROOT, type Stage } from './stage.js';
import { startSharedHttpd } from './workloads/httpd.js';

const run = promisify(execFile);

/** Environment variable: WordPress's document root with the SQLite plugin, not installed yet. */
const VARIABLE = 'WASM_FCGI_WORDPRESS';

/** Who answers from a WordPress. */
const RIVALS = ['mod_cgid', 'php-fpm', 'wasm-fcgi', 'wasm-fcgi+snapshot'];
/** What a site does once, when it is first asked, is done: what it writes then is in all copies. */
const PAGES = ['', '?p=1', '?feed=rss2'];

/** Lays out a site for each rival, alike to the last byte. @returns why it cannot be, in one line */
export async function stageSite(stage: Stage): Promise<string | undefined> {
  const first = stage.at(siteOf(wasmFcgi.name));
  if (existsSync(first)) return undefined;
  const files = process.env[VARIABLE] ?? wordPressIn(join(ROOT, '.build-wordpress'));
  if (!existsSync(join(files, 'wp-settings.php')))
    return `${VARIABLE} names no WordPress, and \`npm run demo -- --with wordpress\` has not fetched one`;
  stageWordPress(files, join(ROOT, 'samples/wordpress'), first, await ordinaryAccount());
  // Whoever answers, under whatever path, gives the same page.
  await copyFile(
    join(ROOT, 'bench/pages/wordpress.php'),
    join(first, 'htdocs/wp-content/mu-plugins/demo.php'),
  );
  const { config } = await wasmFcgi.start(stage, { name: 'wordpress', language: 'wordpress' });
  const httpd = await startSharedHttpd(stage, [config]);
  try {
    const origin = `${httpd.origin}/${wasmFcgi.name}`;
    await installWordPress(origin);
    for (const page of [...PAGES, ...PAGES])
      await (await fetch(`${origin}/wordpress/${page}`)).arrayBuffer();
  } finally {
    await httpd.stop();
  }
  for (const rival of RIVALS)
    if (rival !== wasmFcgi.name) await run('cp', ['-a', first, stage.at(siteOf(rival))]);
  return undefined;
}
