// `check --apache --url`: httpd's own walks say which line decides each setting.

import { expect } from 'chai';

import { type Desk, PORT, decided, makeDesk } from './apache.js';

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

describe('wasm-fcgi check --apache --url', () => {
  let desk: Desk;

  before(async () => {
    desk = await makeDesk();
    await desk.bed.write('docs/index.php', 'x');
    await desk.bed.write('docs/page.html', 'x');
    await desk.bed.write('docs/app/index.php', 'x');
    await desk.bed.write('docs/app/other.php', 'x');
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

  it('prints the same for people', async () => {
    const { stdout, at, status } = await desk.text(SITES, [`http://a.two.example:${PORT}/`]);
    expect(status).to.equal(0);
    expect(stdout).to.include(`http://a.two.example:${PORT}/\n  server     two.example, <Virt`);
    expect(stdout).to.match(/^    WasmTimeout 20 +\S+:\d+ {2}<VirtualHost /m);
    expect(stdout).to.include(`overrides WasmTimeout 10  ${at(1)}  server config\n`);
  });
});
