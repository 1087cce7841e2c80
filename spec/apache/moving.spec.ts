// Configurations in the shape of mod_wasm's own demonstrations, with real programs: what runs as it
// is, and what docs/moving-from-mod_wasm.md says is different.

import { expect } from 'chai';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { type Httpd, startHttpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ordinaryAccount } from '../../samples/account.js';
import { HTTPD_MODULES, stageDemo } from '../../samples/stage.js';
import { type Bed, makeBed } from './bed.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));

describe('apache: mod_wasm’s demonstrations, with real programs', () => {
  let bed: Bed;
  let httpd: Httpd;
  let trusting: Httpd;

  before(async function () {
    this.timeout(120_000);
    bed = await makeBed();
    const site = stageDemo(ROOT, bed.dir, await ordinaryAccount());
    const php =
      '<?php header("X-From: PHP"); echo getcwd(), " ", __FILE__, " ", $_SERVER["PATH_INFO"] ?? "-", " ";';
    await bed.write(
      'moving/php/index.php',
      `${php} echo is_dir("/tmp") ? "tmp" : "", is_file("/etc/passwd") ? "etc" : "";`,
    );
    for (const name of ['inside', 'outside']) {
      await bed.write(`moving/${name}/index.php`, php);
      await bed.write(`moving/${name}/.htaccess`, htaccess(bed, name));
    }
    await mkdir(bed.at('moving/uploads'), { recursive: true });
    await writeFile(bed.at('moving/uploads/a.txt'), 'uploaded');
    const script =
      'import os\nprint("Content-Type: text/plain\\n\\n" + open("uploads/a.txt").read(), os.listdir("uploads/"))\n';
    await bed.write('moving/scripts/show.py', script);

    const start = async (...words: string[]): Promise<Httpd> => {
      const command = [...(await stageProgram(bed.dir, BUILT)), ...words];
      return startHttpd({
        modules: ['proxy', 'proxy_fcgi', ...HTTPD_MODULES, `wasm=${bed.so}`],
        config: `WasmCommand ${command.map((word) => `"${word}"`).join(' ')}\n${site}\n${sections(bed)}`,
      });
    };
    httpd = await start();
    trusting = await start('--allow-system-dirs');
  });
  after(async () => {
    await httpd?.stop();
    await trusting?.stop();
    await bed?.clear();
  });

  const ask = async (
    url: string,
    headers: Record<string, string> = {},
  ): Promise<[number, string]> => {
    const answer = await fetch(httpd.origin + url, { headers });
    return [answer.status, await answer.text()];
  };

  it('runs a program without CGI', async () => {
    expect(await ask('/hello-wasm')).to.deep.equal([200, 'Hello from C.\n']);
  });

  it('runs a program that WasmRoot finds, driven by headers', async () => {
    const [status, text] = await ask('/search-word-count', { File: 'poem.txt', Word: 'wind' });
    expect([status, text.trim()]).to.deep.equal([200, 'wind: 4']);
  });

  it('runs a script by a relative name, from ./, with uploads/ beside it', async () => {
    const [status, text] = await ask('/show-uploads');
    expect(text.trim()).to.equal("uploaded ['a.txt']");
    expect(status).to.equal(200);
  });

  it('runs a PHP site by AddHandler, with the document root as / and WasmDir /tmp', async () => {
    expect(await ask('/php-site/')).to.deep.equal([200, '/ /index.php - tmp']);
    const [, text] = await ask('/php-site/index.php/a/b');
    expect(text).to.equal('/ /index.php /a/b tmp');
  });

  it('refuses / as a directory with 403, until allow-system-dirs is on', async () => {
    const [status, text] = await ask('/whole-system?dir=/usr');
    expect(status).to.equal(403);
    expect(text).to.not.include('share');
    await httpd.logged(/\/whole-system.*allow-system-dirs/);
    const answer = await fetch(`${trusting.origin}/whole-system?dir=/usr`);
    expect([answer.status, (await answer.text()).includes('share')]).to.deep.equal([200, true]);
  });

  it('takes an .htaccess whose interpreter lies where WasmHtaccessRoot allows it', async () => {
    expect(await ask('/inside/')).to.deep.equal([200, '/ /index.php - ']);
  });

  it('answers one whose interpreter lies elsewhere with 500, and says why in the log', async () => {
    const [status] = await ask('/outside/');
    expect(status).to.equal(500);
    await httpd.logged(/outside\/\.htaccess.*WasmModule.*php-cgi\.wasm/);
  });
});

/** As hosting panels write it. */
function htaccess(bed: Bed, name: string): string {
  return `<IfModule wasm_module>
    AddHandler wasm-handler .php
    WasmModule ${bed.at('langs/php-cgi.wasm')}
    WasmMapDir / ${bed.at(`moving/${name}`)}
    WasmEnableCGI On
    WasmMapCGIFileNames On
    WasmEnv REDIRECT_STATUS 200
  </IfModule>`;
}

function sections(bed: Bed): string {
  const moving = bed.at('moving');
  return `
    <IfModule wasm_module>
      <Location /hello-wasm>
        SetHandler wasm-handler
        WasmModule \${SAMPLES}/hello-c/hello.wasm
      </Location>
      <Location /search-word-count>
        SetHandler wasm-handler
        WasmRoot \${SAMPLES}/word-count
        WasmModule word-count.wasm
        WasmMapDir /texts \${SAMPLES}/word-count/texts
        WasmEnableCGI On
      </Location>
      <Location /show-uploads>
        SetHandler wasm-handler
        WasmModule \${LANGS}/python.wasm
        WasmArg show.py
        WasmEnv PYTHONDONTWRITEBYTECODE 1
        WasmMapDir ./ ${moving}/scripts
        WasmMapDir uploads/ ${moving}/uploads
        WasmEnableCGI On
      </Location>
      <Location /whole-system>
        SetHandler wasm-handler
        WasmModule \${SAMPLES}/list-dir/list-dir.wasm
        WasmMapDir / /
        WasmEnableCGI On
      </Location>
      Alias /php-site ${moving}/php
      <Directory ${moving}/php>
        Require all granted
        DirectoryIndex index.php
        AddHandler wasm-handler .php
        WasmModule \${LANGS}/php-cgi.wasm
        WasmDir /tmp
        WasmMapDir / ${moving}/php
        WasmEnableCGI On
        WasmMapCGIFileNames On
        WasmEnv REDIRECT_STATUS 200
      </Directory>
      Alias /inside ${moving}/inside
      <Directory ${moving}/inside>
        Require all granted
        AllowOverride Options FileInfo
        DirectoryIndex index.php
        WasmHtaccessRoot ${bed.at('langs')}
      </Directory>
      Alias /outside ${moving}/outside
      <Directory ${moving}/outside>
        Require all granted
        AllowOverride Options FileInfo
        DirectoryIndex index.php
      </Directory>
    </IfModule>`;
}
