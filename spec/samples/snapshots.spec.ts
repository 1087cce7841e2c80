// The gallery's applications on PHP and Python, twice: as they are, and with WasmSnapshot On as
// docs/snapshots.md says. Every page of their checks is the same, byte for byte, but for what is named here.

import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type Httpd, startHttpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ordinaryAccount } from '../../samples/account.js';
import { SAMPLES } from '../../samples/checks.js';
import { HTTPD_MODULES, SERVE_WORDS, stageDemo } from '../../samples/stage.js';
import { visitSample } from '../../samples/visit.js';
import { type Bed, ask, makeBed } from '../apache/bed.js';
import { blocksOf } from '../docs/blocks.js';
import { keepFunctions, makeSpool } from '../snapshot/spool.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
/** All of their snapshots, one after the other, while other specs run. */
const BUILDS_MS = 400_000;

/** What is changed in the text of a sample's httpd.conf: [what, by what]. */
type Change = readonly (readonly [string | RegExp, string])[];
const END = /(?=<\/(?:Location|Directory)>)/;
const SNAPSHOT = 'WasmSnapshot On\n';
const GATEWAY = 'WasmEnv GATEWAY_INTERFACE CGI/1.1\n';
const PHP: Change = [[END, GATEWAY + SNAPSHOT]];
const ETC = 'WasmMapDirReadOnly /etc/php "${SAMPLES}/php/etc"\nWasmEnv PHPRC /etc/php\n';
const PYTHON: Change = [
  ['WasmArg /app/', 'WasmArg /preludes/python-cgi.py\nWasmArg /app/'],
  [END, `WasmMapDirReadOnly /preludes "\${PRELUDES}"\n${SNAPSHOT}`],
];
const ALLOWED: Readonly<Record<string, Change>> = {
  php: PHP,
  guestbook: PHP,
  'php-hello': [[END, ETC], ...PHP],
  python: PYTHON,
  environment: PYTHON,
  prettyfy: PYTHON,
  // Has them as it is.
  wsgi: [],
};
const FORBIDDEN: Readonly<Record<string, Change>> = {
  // Has no php.ini as it is; here only the line for snapshots is to be another.
  'php-hello': [[END, ETC]],
  wsgi: [
    [/WasmArg \/preludes.*\n\s*WasmArg \/app\/notes.py:app/, 'WasmArg /app/notes.py'],
    ['WasmSnapshot On', 'WasmSnapshot Off'],
  ],
};
const CHOSEN = SAMPLES.filter(({ name }) => name in ALLOWED);

interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

/** One of the two galleries. */
interface Gallery {
  readonly bed: Bed;
  readonly httpd: Httpd;
}

describe('the gallery on PHP and Python, with snapshots and without', () => {
  let plain: Gallery;
  let warm: Gallery;
  /** That began from a snapshot. */
  let runs = 0;

  before(async function () {
    this.timeout(BUILDS_MS + 60_000);
    plain = await startGallery((dir) => change(dir, FORBIDDEN));
    warm = await startGallery(allow);
    const { httpd, bed } = warm;
    const first = await Promise.all(CHOSEN.map(({ checks }) => ask(httpd, checks[0]?.path ?? '')));
    expect(first.map(({ status }) => status)).to.deep.equal(CHOSEN.map(() => 200));
    const end = `snapshot-(?:refused|failed).*|(?:snapshot-built[^]*){${CHOSEN.length}}`;
    const [said] = await httpd.logged(new RegExp(end), BUILDS_MS);
    expect(said).to.not.match(/^snapshot-(?:refused|failed)/);
    await keepFunctions(bed.at('spool'));
  });
  after(async () => {
    for (const gallery of [plain, warm]) {
      await gallery?.httpd.stop();
      await gallery?.bed.clear();
    }
  });

  for (const sample of CHOSEN) {
    it(`gives the same pages of ${sample.name}`, async () => {
      const [bare, snapshot] = [await pagesOf(plain, sample), await pagesOf(warm, sample)];
      expect(snapshot.length).to.equal(sample.checks.length);
      for (const [i, page] of snapshot.entries()) expect(page).to.deep.equal(bare[i]);
      const asked = sample.checks.map((check) => check.path).filter((url) => !APACHES.has(url));
      runs += asked.length;
      let from: RegExpExecArray[] = [];
      // A line is written once its run has ended, which is after the answer.
      for (let tries = 0; from.length < runs && tries < 200; tries += 1) {
        if (tries > 0) await delay(50);
        const log = await readFile(warm.httpd.errorLog, 'utf8');
        from = [...log.matchAll(/ run-ended .* url="?(.*?)"? vhost=.* begun=snapshot/g)];
      }
      expect(from.slice(-asked.length).map(([, url]) => url)).to.deep.equal(asked);
    });
  }

  it('says nothing else to the log, and begins nothing fresh once it is ready', async () => {
    const [bare, snapshot] = await Promise.all(
      [plain, warm].map(({ httpd }) => readFile(httpd.errorLog, 'utf8')),
    );
    expect(told(snapshot)).to.deep.equal(told(bare));
    const built = snapshot?.lastIndexOf(' snapshot-built ') ?? 0;
    expect(snapshot?.slice(built)).to.not.include('begun=fresh');
    expect(bare).to.not.include('begun=');
  });
});

/** What programs wrote to stderr. */
function told(log = ''): string[] {
  return [...log.matchAll(/ guest-stderr .* text=(.*)/g)].map(([, text]) => text ?? '');
}

/** Answered by Apache itself. */
const APACHES = new Set(['/guestbook/guestbook.sqlite']);

/** What differs between any two requests, or two galleries: each pattern with what stands for it. */
function known(port: number): readonly (readonly [RegExp, string])[] {
  return [
    [new RegExp(`\\b${port}\\b`, 'g'), '(port)'],
    [/(REMOTE_PORT\W.*?)\b\d+/g, '$1(port)'],
    [/(REQUEST_TIME(?:_FLOAT)?\W.*?)\b[\d.]+/g, '$1(time)'],
    // When a guest has signed.
    [/\b\d+ \w+ \d{4}, \d\d:\d\d UTC/g, '(time)'],
    // Sessions, and the tokens of forms.
    [/\b[\da-f]{32}\b/g, '(random)'],
    [/(boundary=----formdata-undici-)\d+/g, '$1(random)'],
    // What was said in httpd.conf and php.ini for the sake of snapshots.
    [
      /(browscap.*?)(?:<i>no value<\/i>|\/dev\/wasm-fcgi\/ready)(.*?)(?:<i>no value<\/i>|\/dev\/wasm-fcgi\/ready)/g,
      '$1$2',
    ],
    [/python\.wasm -B \/preludes\/python-cgi\.py /g, 'python.wasm -B '],
  ];
}

/** Of httpd, or of what is named above. */
const OTHER_FIELDS = new Set(['date', 'keep-alive', 'content-length']);

async function pagesOf({ httpd }: Gallery, sample: (typeof SAMPLES)[number]): Promise<Page[]> {
  const pages: Page[] = [];
  const masked = (text: string): string =>
    known(httpd.port).reduce((so, [what, by]) => so.replace(what, by), text);
  const visits = await visitSample(httpd.origin, sample, ({ status, headers, url }, text) => {
    const fields = [...headers].filter(([name]) => !OTHER_FIELDS.has(name));
    const length = headers.get('content-length');
    if (length !== null) expect(Number(length), url).to.equal(Buffer.byteLength(text));
    pages.push({
      url: masked(url),
      status,
      headers: fields.map(([name, value]) => [name, masked(value)]),
      text: masked(text),
    });
  });
  const faults = visits.flatMap(({ path: url, faults: its }) => its.map((one) => `${url} ${one}`));
  expect(faults).to.deep.equal([]);
  return pages;
}

async function startGallery(adapt: (dir: string) => void): Promise<Gallery> {
  const bed = await makeBed();
  const owner = await ordinaryAccount();
  mkdirSync(bed.at('spool'));
  await makeSpool(bed.at('spool'), owner);
  const command = [
    ...(await stageProgram(bed.dir, BUILT)),
    ...SERVE_WORDS,
    '--log-level',
    'debug',
    '--spool-dir',
    bed.at('spool'),
  ];
  const site = stageDemo(ROOT, bed.dir, owner);
  adapt(bed.dir);
  const httpd = await startHttpd({
    modules: ['proxy', 'proxy_fcgi', ...HTTPD_MODULES, `wasm=${bed.so}`],
    config: `WasmCommand ${command.map((word) => `"${word}"`).join(' ')}\n${site}`,
    ...(owner === undefined ? {} : { user: owner.name }),
  });
  return { bed, httpd };
}

function change(dir: string, changes: Readonly<Record<string, Change>>): void {
  for (const [name, changed] of Object.entries(changes)) {
    const file = path.join(dir, 'samples', name, 'httpd.conf');
    let text = readFileSync(file, 'utf8');
    for (const [what, by] of changed) {
      expect(text, name).to.match(typeof what === 'string' ? new RegExp(what) : what);
      text = text.replace(what, () => by);
    }
    writeFileSync(file, text);
  }
}

/** As docs/snapshots.md says. */
function allow(dir: string): void {
  const line = blocksOf('docs/snapshots.md').find(({ file }) => file === '/srv/www/etc/php.ini');
  const ini = path.join(dir, 'samples/php/etc/php.ini');
  writeFileSync(ini, `${readFileSync(ini, 'utf8')}\n${line?.text}`);
  change(dir, ALLOWED);
}
