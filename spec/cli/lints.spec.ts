// `check --apache`: each lint with a configuration that has the fault, and one that has not.

import { expect } from 'chai';
import { chmod, chown, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

import { assemble } from '../pool/guests.js';
import { type Desk, PORT, makeDesk } from './apache.js';

interface Row {
  readonly title: string;
  /** `{}` is the directory of the bed. */
  readonly bad: string;
  /** The line of `bad` that is at fault, from 1. */
  readonly line: number;
  readonly wrong: RegExp;
  readonly write: RegExp;
  readonly good: string;
}

const HELLO = '<Location /hello>\nSetHandler wasm-handler\nWasmModule {}/hello.wasm\n';
const hello = (...lines: string[]): string => `${HELLO}${lines.join('\n')}\n</Location>`;
const ASK = (line: string): string =>
  `<Location /ask>\nSetHandler wasm-handler\nWasmModule {}/ask.wasm\n${line}\n</Location>`;
const BALANCER = (parameters: string): string => `WasmServer balancer://wasm
WasmKeyFile {}/key
<Proxy "balancer://wasm">
BalancerMember "unix:{}/one|fcgi://one" ${parameters}
</Proxy>
${hello()}`;
const WIRED = 'SetHandler "proxy:unix:{}/socket|fcgi://wired/"\nWasmModule {}/hello.wasm';
const FCGID = (more: string): string => `WasmServer fcgid
WasmKeyFile {}/fcgid-key
${more}
${hello()}`;
const SITES = (root: string, inside: string): string => `<VirtualHost *:${PORT}>
ServerName one.example
DocumentRoot {}/sites/one
${hello(inside)}
</VirtualHost>
<VirtualHost *:${PORT}>
ServerName two.example
DocumentRoot {}/sites/${root}
</VirtualHost>`;

const ROWS: readonly Row[] = [
  {
    title: 'the whole disk as a preopen',
    bad: hello('WasmMapDir / /'),
    line: 4,
    wrong: /^WasmMapDir \/ \/ gives a program the whole disk.*403/,
    write: /directory that the program needs/,
    good: hello('WasmMapDir / {}/data'),
  },
  {
    title: '/etc as a preopen, even for reading',
    bad: hello('WasmDirReadOnly /etc'),
    line: 4,
    wrong: /gives away all of \/etc/,
    write: /nothing above it/,
    good: hello('WasmDirReadOnly /etc/ssl'),
  },
  {
    title: 'a part of the system to write to',
    bad: hello('WasmDir /usr/share'),
    line: 4,
    wrong: /lets a program change the system/,
    write: /nothing above it/,
    good: hello('WasmDirReadOnly /usr/share'),
  },
  {
    title: "somebody's home as a preopen",
    bad: hello('WasmDirReadOnly /root'),
    line: 4,
    wrong: /gives away a home directory, \/root/,
    write: /nothing above it/,
    good: hello('WasmDirReadOnly {}/more'),
  },
  {
    title: 'a DocumentRoot that programs may change',
    bad: hello('WasmMapDir / {}/docs'),
    line: 4,
    wrong: /change all that the site serves/,
    write: /^WasmMapDirReadOnly \/ .*\/docs, and WasmMapDir for/,
    good: hello('WasmMapDirReadOnly / {}/docs', 'WasmMapDir /up {}/docs/uploads'),
  },
  {
    title: 'a preopen that holds the key',
    bad: `WasmServer 127.0.0.1:9\nWasmKeyFile {}/data/secret/key\n${hello('WasmDir {}/data')}`,
    line: 6,
    wrong: /holds the key of WasmKeyFile, .*\/data\/secret\/key$/,
    write: /keep that file elsewhere/,
    good: `WasmServer 127.0.0.1:9\nWasmKeyFile {}/key\n${hello('WasmDir {}/data')}`,
  },
  {
    title: 'a preopen that holds the socket',
    bad: `WasmServer unix:{}/socket\n${hello('WasmMapDirReadOnly /x {}')}`,
    line: 5,
    wrong: /holds the responder's socket, .*\/socket$/,
    write: /map another directory/,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/elsewhere/key\n${hello('WasmDir {}/data')}`,
  },
  {
    title: "another site's DocumentRoot",
    bad: SITES('two', 'WasmMapDirReadOnly /www {}/sites'),
    line: 7,
    wrong: /holds the DocumentRoot of another site, .*\/sites\/two$/,
    write: /one site only/,
    good: SITES('two', 'WasmMapDirReadOnly /www {}/sites/one'),
  },
  {
    title: 'a preopen that holds the program',
    bad: '<Location /p>\nSetHandler wasm-handler\nWasmModule {}/programs/a.wasm\nWasmDir {}/programs\n</Location>',
    line: 4,
    wrong: /lets a program replace .*\/programs\/a\.wasm/,
    write: /^WasmDirReadOnly .*\/programs, or keep/,
    good: '<Location /p>\nSetHandler wasm-handler\nWasmModule {}/programs/a.wasm\nWasmDirReadOnly {}/programs\n</Location>',
  },
  {
    title: 'a preopen that is not there',
    bad: hello('WasmDir {}/nothing'),
    line: 4,
    wrong: /there is no such directory/,
    write: /^mkdir -p .*\/nothing$/,
    good: hello('WasmDir {}/data'),
  },
  {
    title: 'a module that is not there',
    bad: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/nothing.wasm\n</Location>',
    line: 3,
    wrong: /nothing\.wasm would not run: .*does not exist/,
    write: /^wasm-fcgi inspect /,
    good: hello(),
  },
  {
    title: 'a module that is none',
    bad: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/text.txt\n</Location>',
    line: 3,
    wrong: /text\.txt would not run: .*not WebAssembly/,
    write: /^wasm-fcgi inspect /,
    good: hello(),
  },
  {
    title: 'an entry point that the program lacks',
    bad: hello('WasmEntryPoint other'),
    line: 3,
    wrong: /hello\.wasm would not run: .*other/,
    write: /^wasm-fcgi inspect /,
    good: hello('WasmEntryPoint _start'),
  },
  {
    title: 'a program that begins with more memory than it may have',
    bad: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/large.wasm\n</Location>',
    line: 3,
    wrong: /large\.wasm would not run: .*memory/,
    write: /^wasm-fcgi inspect /,
    good: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/large.wasm\nWasmLimit memory 1GiB\n</Location>',
  },
  {
    title: 'proxy lines by hand without enablereuse and flushpackets',
    bad: `<Location /w>\n${WIRED}\n</Location>`,
    line: 2,
    wrong: /no enablereuse.*no flushpackets/,
    write: /^<Proxy "fcgi:\/\/wired\/" enablereuse=on flushpackets=on>/,
    good: `<Location /w>\n${WIRED}\n</Location>\n<Proxy "fcgi://wired/" enablereuse=on flushpackets=on>\n</Proxy>`,
  },
  {
    title: 'a ProxyPass that holds output back',
    bad: `ProxyPass /api fcgi://127.0.0.1:9123/ enablereuse=on\n<Location /api>\nWasmModule {}/hello.wasm\n</Location>`,
    line: 1,
    wrong: /^(?!.*enablereuse\)).*no flushpackets/,
    write: /^flushpackets=on at the end of that line$/,
    good: `ProxyPass /api fcgi://127.0.0.1:9124/ enablereuse=on flushpackets=on\n<Location /api>\nWasmModule {}/hello.wasm\n</Location>`,
  },
  {
    title: 'members of a balancer without enablereuse and flushpackets',
    bad: BALANCER(''),
    line: 4,
    wrong: /no enablereuse.*no flushpackets/,
    write: /enablereuse=on flushpackets=on/,
    good: BALANCER('enablereuse=on flushpackets=on'),
  },
  {
    title: 'a worker that gives up before the program',
    bad: `Timeout 60\nWasmTimeout 4min\n${BALANCER('enablereuse=on flushpackets=on')}`,
    line: 6,
    wrong: /waits 1m for output, a program may take 4m/,
    write: /^timeout=250 /,
    good: `Timeout 60\nWasmTimeout 4min\n${BALANCER('enablereuse=on flushpackets=on timeout=250')}`,
  },
  {
    title: 'FcgidMaxRequestLen that is not set',
    bad: FCGID(''),
    line: 1,
    wrong: /is not set, so that it is 128KiB.*500, where httpd allows 1GiB/,
    write: /^FcgidMaxRequestLen 1073741824$/,
    good: FCGID('FcgidMaxRequestLen 10485760'),
  },
  {
    title: 'FcgidMaxRequestLen below WasmLimit request-body',
    bad: FCGID('FcgidMaxRequestLen 10485760\nWasmLimit request-body 20MiB'),
    line: 3,
    wrong: /is 10MiB: .*WasmLimit request-body allows 20MiB/,
    write: /^FcgidMaxRequestLen 20971520$/,
    good: FCGID('FcgidMaxRequestLen 20971520\nWasmLimit request-body 20MiB'),
  },
  {
    title: 'an FcgidIOTimeout below WasmTimeout',
    bad: FCGID('FcgidMaxRequestLen 1073741824\nWasmTimeout 60'),
    line: 1,
    wrong: /FcgidIOTimeout is 40 s, its default.*1m/,
    write: /^FcgidIOTimeout 70$/,
    good: FCGID('FcgidMaxRequestLen 1073741824\nWasmTimeout 60\nFcgidIOTimeout 70'),
  },
  {
    title: 'LimitRequestBody below WasmLimit request-body',
    bad: hello('WasmLimit request-body 2MiB', 'LimitRequestBody 1048576'),
    line: 5,
    wrong: /bodies over 1MiB with 413.*before WasmLimit request-body 2MiB/,
    write: /^LimitRequestBody 2097152$/,
    good: hello('WasmLimit request-body 1MiB', 'LimitRequestBody 1048576'),
  },
  {
    title: 'ProxyFCGISetEnvIf on what is signed',
    bad: hello('ProxyFCGISetEnvIf "true" WASM_MODULE /x.wasm'),
    line: 4,
    wrong: /alters signed params.*403/,
    write: /take the line out/,
    good: hello('ProxyFCGISetEnvIf "true" SERVER_NAME x'),
  },
  {
    title: 'a responder without a key',
    bad: `WasmServer unix:{}/socket\n${hello()}`,
    line: 1,
    wrong: /params are not signed/,
    write: /^WasmKeyFile /,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/key\n${hello()}`,
  },
  {
    title: 'a key that everybody can read',
    bad: `WasmServer unix:{}/socket\nWasmKeyFile {}/open-key\n${hello()}`,
    line: 2,
    wrong: /open-key: everybody can read it/,
    write: /chmod 0640 .*open-key$/,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/key\n${hello()}`,
  },
  {
    title: 'a socket where nobody listens',
    bad: `WasmServer unix:{}/no-socket\nWasmKeyFile {}/key\n${hello()}`,
    line: 1,
    wrong: /nobody listens at .*\/no-socket: requests get 503/,
    write: /^systemctl start wasm-fcgi, or wasm-fcgi serve --listen unix:/,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/key\n${hello()}`,
  },
  {
    title: 'a socket that everybody may use',
    bad: `WasmServer unix:{}/open-socket\nWasmKeyFile {}/key\n${hello()}`,
    line: 1,
    wrong: /everybody may connect to .*\/open-socket/,
    write: /^socket-mode = 0660/,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/key\n${hello()}`,
  },
  {
    title: 'a command that is not there',
    bad: `WasmCommand {}/no-program serve\n${hello()}`,
    line: 1,
    wrong: /finds no program .*\/no-program to start/,
    write: /^WasmCommand \/path\/to/,
    good: hello(),
  },
];

/** Where httpd changes its user, that user may have less than we have. */
const USER_ROWS: readonly Row[] = [
  {
    title: 'a program that its user may not read',
    bad: '<Location /x>\nSetHandler wasm-handler\nWasmModule {}/private/a.wasm\n</Location>',
    line: 3,
    wrong: /www-data, who runs it, may not read it \(.*\/private\)$/,
    write: /^chmod o\+x .*\/private$/,
    good: hello(),
  },
  {
    title: 'a directory that its user may not write',
    bad: hello('WasmDir {}/private/data'),
    line: 4,
    wrong: /www-data, who runs the programs, may not read, write and enter it/,
    write: /^chmod o\+x .*\/private$/,
    good: hello('WasmDir {}/data'),
  },
  {
    title: 'a directory that belongs to somebody else',
    bad: hello('WasmDir {}/docs/closed'),
    line: 4,
    wrong: /may not read, write and enter it \(.*\/docs\/closed\)$/,
    write: /^chown www-data .*\/docs\/closed$/,
    good: hello('WasmDirReadOnly {}/docs/closed'),
  },
  {
    title: 'a socket that httpd may not connect to',
    bad: `WasmServer unix:{}/root-socket\nWasmKeyFile {}/key\n${hello()}`,
    line: 1,
    wrong: /www-data, whom httpd runs as, may not connect to .*\/root-socket/,
    write: /^socket-group in \[server\]/,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/key\n${hello()}`,
  },
  {
    title: "a key that mod_fcgid's responder may not read",
    bad: FCGID('FcgidMaxRequestLen 1048576').replace('fcgid-key', 'key'),
    line: 2,
    wrong: /www-data, who runs the responder, may not read it/,
    write: /^chgrp www-data .* && chmod 0640 /,
    good: FCGID('FcgidMaxRequestLen 1048576'),
  },
  {
    title: 'a key that belongs to somebody else',
    bad: `WasmServer unix:{}/socket\nWasmKeyFile {}/foreign-key\n${hello()}`,
    line: 2,
    wrong: /foreign-key: belongs to uid 1; it must belong to root/,
    write: /^correct it/,
    good: `WasmServer unix:{}/socket\nWasmKeyFile {}/key\n${hello()}`,
  },
];

const IS_ROOT = process.getuid?.() === 0;
const WWW_DATA = 33;

describe('wasm-fcgi check --apache', () => {
  let desk: Desk;
  const listening: ReturnType<typeof createServer>[] = [];

  before(async () => {
    desk = await makeDesk();
    const { bed } = desk;
    const secret = `${'k'.repeat(40)}\n`;
    for (const name of ['data/secret/key', 'elsewhere/key']) await bed.write(name, secret, 0o600);
    const large = assemble('(module (memory (export "memory") 8192) (func (export "_start")))');
    await bed.write('large.wasm', Buffer.from(large));
    await bed.write('open-key', secret, 0o644);
    await bed.write('fcgid-key', secret, 0o640);
    await bed.write('foreign-key', secret, 0o600);
    for (const name of ['docs/uploads/x', 'sites/one/x', 'sites/two/x', 'docs/closed/x'])
      await bed.write(name, 'x');
    for (const name of ['data', 'more', 'docs/uploads']) await chmod(bed.at(name), 0o777);
    const program = await readFile(bed.at('hello.wasm'));
    for (const name of ['programs', 'private']) await bed.write(`${name}/a.wasm`, program);
    await bed.write('private/data/x', 'x');
    await chmod(bed.at('private'), 0o700);
    for (const [name, mode] of [
      ['socket', 0o660],
      ['open-socket', 0o666],
      ['root-socket', 0o600],
    ] as const) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(bed.at(name), resolve));
      await chmod(bed.at(name), mode);
      listening.push(server);
    }
    if (!IS_ROOT) return;
    for (const name of ['socket', 'fcgid-key']) await chown(bed.at(name), 0, WWW_DATA);
    await chown(bed.at('foreign-key'), 1, 1);
  });
  after(async () => {
    for (const server of listening) server.close();
    await desk.bed.clear();
  });

  for (const { title, bad, line, wrong, write, good } of IS_ROOT ? [...ROWS, ...USER_ROWS] : ROWS) {
    it(`finds ${title}`, async () => {
      const { findings, status, at, stderr } = await desk.check(bad);
      const found = findings.filter((finding) => wrong.test(finding.wrong));
      expect(found, JSON.stringify(findings) + stderr).to.have.length(1);
      expect(found[0]?.place).to.equal(at(line));
      expect(found[0]?.write).to.match(write);
      expect(status).to.equal(1);
      const better = await desk.check(good);
      expect(better.findings.filter((finding) => !finding.isHint)).to.deep.equal([]);
      expect(better.status).to.equal(0);
    });
  }

  it('hints at a component that asks others, where none may be asked', async () => {
    await desk.bed.write('ask.wasm', await readFile('samples/ask-others/ask-others.wasm'));
    const { findings, status, at } = await desk.check(ASK(''));
    const found = findings.find(({ wrong }) => /asks others over HTTP, and is denied/.test(wrong));
    expect(found).to.include({ place: at(3), isHint: true });
    expect(found?.write).to.match(/^WasmAllowHost, /);
    expect(status).to.equal(0);
    const better = await desk.check(ASK('WasmAllowHost https://api.example.org'));
    expect(better.findings.filter(({ wrong }) => /asks others/.test(wrong))).to.deep.equal([]);
  });
});
