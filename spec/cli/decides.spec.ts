// `check --apache --url`: httpd's own walks say which line decides each setting.

import { expect } from 'chai';

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sourceDirectory } from '../../apache/build.js';
import type { Place } from '../../bin/apache/place.js';
import { dumpOf } from '../apache/bed.js';
import { type Desk, MODULES, PORT, decided, makeDesk } from './apache.js';

const HERE = `http://localhost:${PORT}`;
const SITES = `
WasmTimeout 10
<Directory {}/docs>
    AllowOverride All
    AddHandler wasm-handler .php
    WasmModule {}/hello.wasm
    WasmEnableCGI On
    CGIPassAuth On
    WasmArg base
</Directory>
<Files other.php>
    WasmArg files
</Files>
<Location /app/at>
    WasmContentType text/plain
    <If "%{QUERY_STRING} == 'deep'">
        WasmEnv DEEP yes
        WasmTimeout 7
    </If>
</Location>
<Location /afresh>
    SetHandler wasm-handler
    WasmModule {}/hello.wasm
    WasmArg own
</Location>
<Location /secret>
    AuthType Basic
    AuthName x
    AuthUserFile /dev/null
    Require valid-user
    SetHandler wasm-handler
</Location>
Redirect /gone http://elsewhere.example/
<VirtualHost *:${PORT}>
    ServerName one.example
    DocumentRoot {}/docs
</VirtualHost>
<VirtualHost *:${PORT}>
    ServerName two.example
    ServerAlias *.two.example
    DocumentRoot {}/docs
    WasmTimeout 20
</VirtualHost>
`;

async function sourceOf(name: string): Promise<string> {
  return readFile(join(await sourceDirectory(), name), 'utf8');
}

/** The params that the lines in force come to, as far as these specs use them. */
function paramsOf({ settings, program }: Place): Record<string, string | undefined> {
  const words = (directive: string): string[] =>
    settings
      .filter(({ setting }) => setting.startsWith(`${directive} `))
      .map(({ setting }) => setting.slice(directive.length + 1));
  const args = words('WasmArg').map((word, index) => [`WASM_ARG_${index}`, word]);
  const lowered = words('WasmLimit timeout').map((value) => `${value}000ms`);
  return {
    WASM_MODULE: program,
    WASM_CGI: words('WasmEnableCGI').at(-1) === 'On' ? '1' : '0',
    WASM_CONTENT_TYPE: words('WasmContentType').at(-1),
    WASM_ARG_COUNT: args.length === 0 ? undefined : String(args.length),
    ...Object.fromEntries(args),
    WASM_ENV_0_K: words('WasmEnv')[0]?.split(' ')[0],
    WASM_LIMIT_TIMEOUT: words('WasmTimeout')
      .map((value) => `${value}000ms`)
      .at(-1),
    WASM_LOWER_TIMEOUT: lowered.at(-1),
  };
}

describe('wasm-fcgi check --apache --url', () => {
  let desk: Desk;

  before(async () => {
    desk = await makeDesk();
    await desk.bed.write('docs/index.php', 'x');
    await desk.bed.write('docs/page.html', 'x');
    await desk.bed.write('docs/app/index.php', 'x');
    await desk.bed.write('docs/app/other.php', 'x');
    await desk.bed.write('docs/app/at/x.php', 'x');
    const lines = [
      'WasmArg of-htaccess',
      'WasmLimit timeout 2',
      'DirectoryIndex index.php',
      'RewriteEngine On',
      'RewriteRule ^pretty$ other.php',
    ];
    await desk.bed.write('docs/app/.htaccess', `${lines.join('\n')}\n`);
  });
  after(() => desk.bed.clear());

  it('tells Directory, Files and .htaccess apart, with file and line', async () => {
    const { urls, at, status } = await desk.check(SITES, [`${HERE}/app/other.php`]);
    expect(status).to.equal(0);
    const htaccess = desk.bed.at('docs/app/.htaccess');
    const docs = `<Directory ${desk.bed.at('docs')}>`;
    expect(decided(urls[0])).to.deep.equal([
      `WasmTimeout 10 @ ${at(1)} server config`,
      `WasmModule ${desk.bed.at('hello.wasm')} @ ${at(5)} ${docs}`,
      `WasmEnableCGI On @ ${at(6)} ${docs}`,
      `CGIPassAuth On @ ${at(7)} ${docs}`,
      `WasmArg base @ ${at(8)} ${docs}`,
      `WasmArg of-htaccess @ ${htaccess}:1`,
      `WasmLimit timeout 2 @ ${htaccess}:2`,
      `WasmArg files @ ${at(11)} <Files other.php>`,
    ]);
    const [place] = urls;
    expect(place?.handler).to.equal('wasm-handler');
    expect(place?.decidedBy?.place).to.equal(at(4));
    expect(place?.program).to.equal(desk.bed.at('hello.wasm'));
    expect(place?.target).to.equal('the responder that httpd starts');
  });

  it('follows DirectoryIndex and RewriteRule', async () => {
    const { urls } = await desk.check(SITES, [`${HERE}/app/`, `${HERE}/app/pretty`]);
    expect(urls.map(({ uri }) => uri)).to.deep.equal(['/app/index.php', '/app/other.php']);
    expect(urls[1]?.file).to.equal(desk.bed.at('docs/app/other.php'));
  });

  it('applies Location and If, and says what they override', async () => {
    const { urls, at } = await desk.check(SITES, [`${HERE}/app/at/x.php?deep`, `${HERE}/app/at/`]);
    const timeout = urls[0]?.settings.find(({ setting }) => setting === 'WasmTimeout 7');
    const section = `<If "%{QUERY_STRING} == 'deep'"> in <Location /app/at>`;
    expect(timeout).to.deep.include({ place: at(17), section });
    // An administrator's limit takes the place of those of .htaccess files too.
    expect(timeout?.overrides.map(({ place }) => place)).to.deep.equal([
      at(1),
      `${desk.bed.at('docs/app/.htaccess')}:2`,
    ]);
    expect(decided(urls[1]).some((line) => line.includes('DEEP'))).to.equal(false);
    expect(decided(urls[1])).to.include(
      `WasmContentType text/plain @ ${at(14)} <Location /app/at>`,
    );
  });

  it('shows what a section with a WasmModule of its own leaves behind', async () => {
    const { urls, at } = await desk.check(SITES, [`${HERE}/afresh`]);
    const module = urls[0]?.settings.find(({ setting }) => setting.startsWith('WasmModule'));
    expect(module?.place).to.equal(at(22));
    expect(module?.overrides.map(({ setting, place }) => `${setting} ${place}`)).to.deep.equal([
      `WasmModule ${desk.bed.at('hello.wasm')} ${at(5)}`,
      `WasmEnableCGI On ${at(6)}`,
      `WasmArg base ${at(8)}`,
    ]);
    expect(decided(urls[0]).filter((line) => line.startsWith('WasmArg'))).to.have.length(1);
    expect(urls[0]?.decidedBy?.place).to.equal(at(21));
  });

  it('finds the virtual host as httpd does', async () => {
    const hosts = ['one.example', 'x.two.example', 'unknown.example'];
    const { urls, at } = await desk.check(
      SITES,
      hosts.map((host) => `http://${host}:${PORT}/index.php`),
    );
    const servers = urls.map(({ server }) => server);
    const one = `one.example, <VirtualHost *:${PORT}> ${at(33)}`;
    expect(servers).to.deep.equal([one, `two.example, <VirtualHost *:${PORT}> ${at(37)}`, one]);
    const [timeout] = urls[1]?.settings ?? [];
    expect(timeout).to.deep.include({ setting: 'WasmTimeout 20', place: at(41) });
    expect(timeout?.overrides).to.deep.equal([
      { setting: 'WasmTimeout 10', place: at(1), section: 'server config' },
    ]);
  });

  it('tells what a visitor gets without the password, and the rest besides', async () => {
    const { urls, at } = await desk.check(SITES, [`${HERE}/secret`]);
    expect(urls[0]?.refused).to.equal(401);
    expect(urls[0]?.decidedBy?.place).to.equal(at(30));
    expect(urls[0]?.program).to.equal(desk.bed.at('hello.wasm'));
  });

  it('tells a redirect, and a file that httpd sends itself', async () => {
    const { urls, status, findings } = await desk.check(SITES, [
      `${HERE}/gone`,
      `${HERE}/page.html`,
    ]);
    expect(urls[0]).to.deep.include({ status: 302, location: 'http://elsewhere.example/' });
    expect(urls[1]?.program).to.equal(undefined);
    expect(urls[1]?.target).to.equal(undefined);
    expect([status, findings]).to.deep.equal([0, []]);
  });

  it('says what a request is then served with', async () => {
    const sites = SITES.replaceAll(`*:${PORT}`, '*');
    const asked = [
      ['/index.php', 'localhost'],
      ['/index.php', 'two.example'],
      ['/app/', 'one.example'],
      ['/app/pretty', 'a.two.example'],
      ['/app/at/x.php?deep', 'localhost'],
      ['/app/at/x.php', 'two.example'],
      ['/afresh', 'one.example'],
    ] as const;
    const { urls } = await desk.check(
      sites,
      asked.map(([path, host]) => `http://${host}:${PORT}${path}`),
    );
    const modules = [...MODULES, `wasm=${desk.bed.so}`];
    const httpd = await desk.bed.start(sites.replaceAll('{}', desk.bed.dir), modules);
    for (const [index, [path, host]] of asked.entries()) {
      const { params } = await dumpOf(httpd, path, { host });
      const told = urls[index] && paramsOf(urls[index]);
      for (const [name, value] of Object.entries(told ?? {})) {
        expect(params[name], `${host}${path} ${name}`).to.equal(value);
      }
      expect(Object.keys(told ?? {})).to.have.length.greaterThan(6);
    }
  });

  it('knows of every directive how it merges', async () => {
    const [, table = ''] = (await sourceOf('kinds.c')).split('} ours[] = {');
    const known = [...(table.split('};')[0] ?? '').matchAll(/\{"(\w+)"/g)].map(([, name]) => name);
    const declared = [...(await sourceOf('directives.c')).matchAll(/AP_INIT_\w+\("(\w+)"/g)];
    // Lists that nothing overrides; WasmRoot is in the path that a WasmModule comes to.
    const lists = ['WasmRoot', 'WasmPool', 'WasmHtaccessRoot'];
    expect([...known, ...lists]).to.have.members(declared.map(([, name]) => name));
  });

  it('prints the same for people', async () => {
    const { stdout, at, status } = await desk.text(SITES, [`http://a.two.example:${PORT}/`]);
    expect(status).to.equal(0);
    expect(stdout).to.include(`http://a.two.example:${PORT}/\n  server     two.example, <Virt`);
    expect(stdout).to.match(/^    WasmTimeout 20 +\S+:\d+ {2}<VirtualHost /m);
    expect(stdout).to.include(`overrides WasmTimeout 10  ${at(1)}  server config\n`);
  });
});
