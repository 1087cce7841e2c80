// `check --apache --url`: what is wrong with one place, and with that place only.

import { expect } from 'chai';

import { type Desk, PORT, makeDesk } from './apache.js';

const HERE = `http://localhost:${PORT}`;

interface Row {
  readonly title: string;
  readonly bad: string;
  readonly line: number;
  readonly url: string;
  readonly wrong: RegExp;
  readonly write: RegExp;
  readonly good: string;
}

const HELLO = '<Location /hello>\nSetHandler wasm-handler\nWasmModule {}/hello.wasm\n</Location>';

const ROWS: readonly Row[] = [
  {
    title: 'a program that no handler leads to',
    bad: '<Location /x>\nWasmModule {}/hello.wasm\n</Location>',
    line: 2,
    url: '/x',
    wrong: /^http:\S+: no handler leads to the program/,
    write: /^SetHandler wasm-handler, or AddHandler/,
    good: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/hello.wasm\n</Location>',
  },
  {
    title: 'a handler without a program',
    bad: '<Location /x>\nSetHandler wasm-handler\n</Location>',
    line: 2,
    url: '/x',
    wrong: /there is no WasmModule here, and .*\/docs\/x is no program: 404$/,
    write: /^WasmModule in the section/,
    good: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/hello.wasm\n</Location>',
  },
  {
    title: 'mod_fcgid by hand without ExecCGI',
    bad: '<Location /x>\nSetHandler fcgid-script\nWasmModule {}/hello.wasm\n</Location>\nFcgidMaxRequestLen 1048576',
    line: 2,
    url: '/x',
    wrong: /mod_fcgid answers 403 without ExecCGI/,
    write: /^Options \+ExecCGI/,
    good: '<Location /x>\nOptions +ExecCGI\nSetHandler fcgid-script\nWasmModule {}/hello.wasm\n</Location>\nFcgidMaxRequestLen 1048576',
  },
];

const cgi = (more: string): string =>
  `<Location /x>\nSetHandler wasm-handler\nWasmModule {}/hello.wasm\nWasmEnableCGI On\n${more}\n</Location>`;

describe('wasm-fcgi check --apache --url: faults', () => {
  let desk: Desk;

  before(async () => {
    desk = await makeDesk();
    await desk.bed.write('docs/tenant/index.php', 'x');
  });
  after(() => desk.bed.clear());

  for (const { title, bad, line, url, wrong, write, good } of ROWS) {
    it(`finds ${title}`, async () => {
      const { findings, status, at } = await desk.check(bad, [HERE + url]);
      const [found, ...more] = findings.filter((finding) => wrong.test(finding.wrong));
      expect(more).to.deep.equal([]);
      expect(found?.place, JSON.stringify(findings)).to.equal(at(line));
      expect(found?.write).to.match(write);
      expect(status).to.equal(1);
      const better = await desk.check(good, [HERE + url]);
      expect(better.findings.filter((finding) => !finding.isHint)).to.deep.equal([]);
      expect(better.status).to.equal(0);
    });
  }

  it('finds that only .htaccess files use Wasm', async () => {
    await desk.bed.write(
      'docs/tenant/.htaccess',
      'SetHandler wasm-handler\nWasmModule ../../hello.wasm\n',
    );
    const site = '<Directory {}/docs>\nAllowOverride All\n</Directory>';
    const roots = `<Directory {}/docs>\nAllowOverride All\nWasmHtaccessRoot {}\n</Directory>`;
    const { findings, status } = await desk.check(site, [`${HERE}/tenant/`]);
    expect(findings.map(({ wrong }) => wrong).join()).to.match(/starts no responder: 503/);
    expect(findings[0]?.place).to.equal(`${desk.bed.at('docs/tenant/.htaccess')}:1`);
    expect(status).to.equal(1);
    const better = await desk.check(`WasmServer auto\n${roots}`, [`${HERE}/tenant/`]);
    expect([better.status, better.findings]).to.deep.equal([0, []]);
    expect(better.urls[0]?.program).to.equal(desk.bed.at('hello.wasm'));
  });

  it('tells what mod_wasm says against an .htaccess, and its own faults by its lines', async () => {
    await desk.bed.write(
      'docs/tenant/.htaccess',
      'SetHandler wasm-handler\nWasmModule ../../hello.wasm\n',
    );
    const site = 'WasmServer auto\n<Directory {}/docs>\nAllowOverride All\n</Directory>';
    const { findings, urls, status } = await desk.check(site, [`${HERE}/tenant/`]);
    const found = findings.find(({ wrong }) => wrong.endsWith(': 500'));
    expect(found?.wrong).to.include('an .htaccess may name what lies in');
    expect(found?.place).to.equal(`${desk.bed.at('docs/tenant/.htaccess')}:1`);
    expect([status, urls[0]?.program]).to.deep.equal([1, undefined]);
    await desk.bed.write('docs/tenant/.htaccess', 'WasmLimit memory much\n');
    const broken = await desk.check(site, [`${HERE}/tenant/`]);
    expect(broken.urls[0]?.status).to.equal(500);
    expect(broken.urls[0]?.said.join()).to.match(/\.htaccess: line 1: WasmLimit memory much/);
  });

  it('finds a port that nobody listens on', async () => {
    const { findings, status } = await desk.check(HELLO, ['http://localhost:1/hello']);
    expect(findings.map(({ place, write }) => [place, write])).to.deep.equal([
      ['http://localhost:1/hello', 'Listen 1'],
    ]);
    expect(status).to.equal(1);
    expect((await desk.check(HELLO, [`${HERE}/hello`, '/hello'])).findings).to.deep.equal([]);
  });

  it('hints at CGIPassAuth where a program might ask for a password', async () => {
    const { findings, status, at } = await desk.check(cgi(''), [`${HERE}/x`]);
    expect(findings.map(({ place, isHint }) => [place, isHint])).to.deep.equal([[at(4), true]]);
    expect(findings[0]?.write).to.match(/^CGIPassAuth On/);
    expect(status).to.equal(0);
    for (const said of ['CGIPassAuth On', 'CGIPassAuth Off']) {
      expect((await desk.check(cgi(said), [`${HERE}/x`])).findings).to.deep.equal([]);
    }
    expect((await desk.check(HELLO, [`${HERE}/hello`])).findings).to.deep.equal([]);
  });

  it('hints at SetEnv beside a program', async () => {
    const hello = HELLO.replace('</', 'SetEnv A "b c"\n</');
    const { findings, status, at } = await desk.check(hello);
    expect(findings).to.deep.equal([
      {
        place: at(4),
        wrong: 'SetEnv A "b c" does not reach programs',
        write: 'WasmEnv A "b c"',
        isHint: true,
      },
    ]);
    expect(status).to.equal(0);
    expect((await desk.check(`SetEnv A b\n${HELLO}`)).findings).to.deep.equal([]);
  });
});
