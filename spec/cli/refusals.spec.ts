// `check --apache` where httpd, the module or the caller are not as they should be; and what it leaves alone.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { copyFile, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { findHttpd } from '../../apache/build.js';
import { writeConfig } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { runCommand } from '../program.js';
import { type Desk, PORT, makeDesk } from './apache.js';

const HELLO = '<Location /hello>\nSetHandler wasm-handler\nWasmModule {}/hello.wasm\n</Location>';
const BUILT = import.meta.dirname.split('/').at(-3) ?? 'dist';
const NOBODY = 65_534;

describe('wasm-fcgi check --apache: what it cannot look at', () => {
  let desk: Desk;
  let binary: string;

  before(async () => {
    desk = await makeDesk();
    ({ binary } = await findHttpd());
  });
  after(() => desk.bed.clear());

  it('says that mod_wasm is not loaded, at the line that needs it', async () => {
    const { findings, at, status } = await desk.check(HELLO, [], ['proxy', 'proxy_fcgi']);
    expect(findings).to.deep.equal([
      {
        place: at(3),
        wrong: 'WasmModule: mod_wasm is not loaded',
        write: 'LoadModule wasm_module modules/mod_wasm.so (Debian: a2enmod wasm)',
        isHint: false,
      },
    ]);
    expect(status).to.equal(1);
    const none = await desk.check('Timeout 60', [], ['proxy']);
    expect(none.findings.map(({ wrong }) => wrong)).to.deep.equal(['mod_wasm is not loaded']);
  });

  it('says which module lacks for WasmServer', async () => {
    const wasm = `wasm=${desk.bed.so}`;
    const { findings, at } = await desk.check(HELLO, [], ['proxy', wasm]);
    expect(findings.map(({ place, write }) => [place, write])).to.deep.include([
      at(0),
      'LoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so (Debian: a2enmod proxy_fcgi)',
    ]);
    const fcgid = `WasmServer fcgid\nWasmKeyFile {}/key\nFcgidMaxRequestLen 1048576\n${HELLO}`;
    const lacking = await desk.check(fcgid, [], [wasm]);
    const texts = lacking.findings.map(({ wrong }) => wrong).join('\n');
    expect(texts).to.include('WasmServer fcgid needs mod_fcgid: add its LoadModule line');
    expect(texts).to.include('no module that is loaded knows FcgidMaxRequestLen');
  });

  it('tells what configtest tells, as findings', async () => {
    const host = `<VirtualHost *:${PORT}>\nWasmKeyFile {}/key\n${HELLO}\n</VirtualHost>`;
    const { findings, at, status } = await desk.check(host);
    expect(findings.map(({ place }) => place)).to.deep.equal([at(1)]);
    expect(findings[0]?.wrong).to.include('needs a WasmServer of its own, not auto');
    expect(status).to.equal(1);
  });

  it('hands on what httpd itself does not accept, with its line', async () => {
    const { findings, at, status } = await desk.check(`Timeout 60\nNoSuchThing x\n${HELLO}`);
    expect(findings).to.have.length(1);
    expect(findings[0]?.place).to.equal(at(2));
    expect(findings[0]?.wrong).to.include("Invalid command 'NoSuchThing'");
    expect(status).to.equal(1);
  });

  it('has one line for wrong usage, and exit code 2', async () => {
    const { file, dir } = await writeConfig({ modules: [`wasm=${desk.bed.so}`], config: '' });
    const asked = ['check', '--apache', file, '--httpd', binary];
    const rows: (readonly [words: string[], line: RegExp])[] = [
      [['check'], /^wasm-fcgi: check: name modules, or a configuration with --apache$/],
      [['check', '--url', '/', 'x.wasm'], /^wasm-fcgi: check: --url, --httpd and --json need/],
      [['check', '--apache', '/nothing.conf'], /^wasm-fcgi: check: --apache \/nothing\.conf: no/],
      [[...asked, '--httpd', '/no/httpd'], /^wasm-fcgi: check: --httpd is given twice$/],
      [
        ['check', '--apache', file, '--httpd', '/no/httpd'],
        /--httpd \/no\/httpd: no such program$/,
      ],
      [[...asked, '--url', 'ftp://x/'], /^wasm-fcgi: check: --url ftp:\/\/x\/: not a URL of http/],
      [[...asked, '--url', 'a b'], /^wasm-fcgi: check: --url a b: not a URL of http/],
      [[...asked, '--url', '/\r\nHost:x'], /^wasm-fcgi: check: --url/],
    ];
    for (const [words, line] of rows) {
      const { status, stderr } = runCommand(words);
      expect(stderr.trimEnd(), words.join(' ')).to.match(line);
      expect(status, words.join(' ')).to.equal(2);
    }
    await rm(dir, { recursive: true });
  });

  it('starts nothing and writes nothing', async () => {
    const config = `WasmCommand ${desk.bed.dump.join(' ')}\n${HELLO.replaceAll('{}', desk.bed.dir)}`;
    const modules = ['proxy', 'proxy_fcgi', `wasm=${desk.bed.so}`];
    const { file, dir } = await writeConfig({ modules, config, port: PORT });
    const before = await readdir(dir, { recursive: true });
    const urls = ['--url', '/hello', '--url', `http://localhost:${PORT}/hello`];
    const words = ['check', '--apache', file, '--httpd', binary, ...urls];
    const { status, stdout, stderr } = runCommand(words);
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.include('goes to    the responder that httpd starts\n');
    expect(await readdir(dir, { recursive: true })).to.deep.equal(before);
    expect(before).to.deep.equal(['httpd.conf', 'run']);
    await rm(dir, { recursive: true });
  });

  it('reads the variables of a distribution as its apachectl does', async () => {
    const config = `ServerName \${SITE_NAME}\n${HELLO.replaceAll('{}', desk.bed.dir)}`;
    const { file, dir } = await writeConfig({
      modules: ['proxy', 'proxy_fcgi', `wasm=${desk.bed.so}`],
      config: `WasmCommand ${process.execPath}\n${config}`,
    });
    const asked = ['check', '--apache', file, '--httpd', binary, '--url', '/hello'];
    await copyFile(file, join(dir, 'apache2.conf'));
    await desk.bed.write('envvars', 'export SITE_NAME="name-of-$(basename $APACHE_CONFDIR)"\n');
    await copyFile(desk.bed.at('envvars'), join(dir, 'envvars'));
    const { stdout, status } = runCommand(asked);
    expect(stdout).to.include(`name-of-${dir.split('/').at(-1)}, the main server`);
    expect(status).to.equal(0);
    await rm(dir, { recursive: true });
  });

  it('needs no right that httpd needs to serve', async function () {
    // Without root this is how all of these specs run.
    if (process.getuid?.() !== 0) return;
    const { bed } = desk;
    await copyFile(bed.so, bed.at('mod_wasm.so'));
    const secret = await bed.write('root-key', 'k'.repeat(40), 0o600);
    const config = [
      'WasmPool alice user=daemon',
      'WasmServer 127.0.0.1:9',
      `WasmKeyFile ${secret}`,
      HELLO.replaceAll('{}', bed.dir),
      '<Location /pool>\nSetHandler wasm-handler\nWasmUsePool alice',
      `WasmModule ${bed.at('hello.wasm')}\n</Location>`,
    ].join('\n');
    const modules = ['proxy', 'proxy_fcgi', `wasm=${bed.at('mod_wasm.so')}`];
    const { file, dir } = await writeConfig({ modules, config, port: PORT });
    const [node = '', program = ''] = await stageProgram(bed.dir, BUILT);
    const words = ['check', '--apache', file, '--httpd', binary, '--url', '/pool'];
    const { status, stdout, stderr } = spawnSync(node, [program, ...words], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: '/',
      // Nobody may write what was covered.
      env: { ...process.env, NODE_V8_COVERAGE: undefined },
      encoding: 'utf8',
    });
    expect([stderr, status]).to.deep.equal(['', 0], stdout);
    expect(stdout).to.include('goes to    the responder of WasmPool alice, which httpd starts\n');
    await rm(dir, { recursive: true });
  });

  it('tells another version of the module from none', async () => {
    // The bytes of the module of this version, whose dump has another number.
    const bytes = await readFile(desk.bed.so, 'latin1');
    expect(bytes.split('DUMP_WASM').length).to.equal(2);
    const other = bytes.replace('DUMP_WASM', 'DUMP_WAZM');
    const so = await desk.bed.write('other.so', Buffer.from(other, 'latin1'));
    const { findings } = await desk.check(HELLO, [], ['proxy', 'proxy_fcgi', `wasm=${so}`]);
    expect(findings.map(({ wrong }) => wrong)).to.deep.equal([
      'the mod_wasm that it loads is of another version, and cannot be asked',
    ]);
  });
});
