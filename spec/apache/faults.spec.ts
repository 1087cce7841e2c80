// What is wrong with a configuration is told at start and by configtest, with file and line.

import { expect } from 'chai';
import { chmod, chown, stat } from 'node:fs/promises';
import { mkfifo } from './fifo.js';
import { configtest, startHttpd } from '../../apache/httpd.js';
import { NOBODY, forRoot } from '../root.js';
import { makeBed } from './bed.js';
import type { Bed } from './bed.js';

/** About `count` times 12,000 bytes of params for mod_fcgid. */
function longSection(count: number): string {
  const lines = `WasmArg ${'x'.repeat(12_000)}\n`.repeat(count);
  return `WasmServer fcgid\n<Location /w>\n${lines}</Location>`;
}

describe('apache: configuration faults', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
    await bed.write('empty.wasm', '');
    await bed.write('short.wasm', '\0as');
    await bed.write('open.key', 'k'.repeat(40), 0o644);
    await chmod(await bed.write('written.key', 'k'.repeat(40)), 0o602);
    await bed.write('short.key', `${'k'.repeat(31)}\n`, 0o600);
    await bed.write('long.key', 'k'.repeat(4001), 0o600);
    await mkfifo(bed.at('pipe.wasm'));
  });
  after(() => bed.clear());

  const modules = (): string[] => ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];
  const LONG = 'x'.repeat(16_001);

  /** [line, what configtest says; DIR is the bed] */
  const rows: [string, RegExp][] = [
    ['WasmModule DIR/none.wasm', /WasmModule DIR\/none\.wasm: No such file or directory/],
    ['WasmModule none.wasm', /WasmModule \/tmp\/.*\/none\.wasm: No such file or directory/],
    ['WasmModule DIR/text.txt', /WasmModule DIR\/text\.txt: not a WebAssembly file/],
    ['WasmModule DIR/empty.wasm', /not a WebAssembly file/],
    ['WasmModule DIR/short.wasm', /not a WebAssembly file/],
    ['WasmModule DIR/data', /WasmModule DIR\/data: not a regular file/],
    ['WasmModule DIR/pipe.wasm', /WasmModule DIR\/pipe\.wasm: not a regular file/],
    ['WasmModule', /WasmModule takes one argument/],
    ['WasmModule DIR/a.wasm DIR/b.wasm', /WasmModule takes one argument/],
    ['WasmDir DIR/none', /WasmDir DIR\/none: No such file or directory/],
    ['WasmDirReadOnly DIR/a.wasm', /WasmDirReadOnly DIR\/a\.wasm: not a directory/],
    ['WasmMapDir / DIR/none', /WasmMapDir DIR\/none: No such file or directory/],
    ['WasmMapDir DIR/data', /WasmMapDir takes two arguments/],
    ['WasmMapDirReadOnly / DIR/a.wasm', /WasmMapDirReadOnly DIR\/a\.wasm: not a directory/],
    ['WasmArg', /WasmArg takes one argument/],
    ['WasmArg one two', /WasmArg takes one argument/],
    [`WasmArg ${LONG}`, /WasmArg x+: longer than 16,000 bytes/],
    ['WasmEnv NAME', /WasmEnv takes two arguments/],
    ['WasmEnv "" value', /WasmEnv : a name is not empty/],
    ['WasmEnv A=B value', /WasmEnv A=B: a name is not empty and has no '='/],
    [`WasmEnv NAME ${LONG}`, /WasmEnv x+: longer than 16,000 bytes/],
    [`WasmEnv ${LONG} value`, /WasmEnv x+: longer than 16,000 bytes/],
    [`WasmMapDir ${LONG} DIR/data`, /WasmMapDir x+: longer than 16,000 bytes/],
    [`WasmEntryPoint ${LONG}`, /WasmEntryPoint x+: longer than 16,000 bytes/],
    ['WasmEnableCGI maybe', /WasmEnableCGI must be On or Off/],
    ['WasmMapCGIFileNames 1', /WasmMapCGIFileNames must be On or Off/],
    ['WasmTimeout 0', /WasmTimeout 0: must be from 1ms to 1h/],
    ['WasmTimeout 3601', /WasmTimeout 3601: must be from 1ms to 1h/],
    ['WasmTimeout -1', /WasmTimeout -1: must be from 1ms to 1h/],
    ['WasmTimeout ten', /WasmTimeout ten: must be from 1ms to 1h/],
    ['WasmSnapshot 1', /WasmSnapshot must be On or Off/],
    ['WasmSnapshotMaxAge 999ms', /WasmSnapshotMaxAge 999ms: must be from 1s to 168h/],
    ['WasmSnapshotMaxAge 169h', /WasmSnapshotMaxAge 169h: must be from 1s to 168h/],
    ['WasmSnapshotMaxAge never', /WasmSnapshotMaxAge never: must be from 1s to 168h/],
    ['WasmSnapshotWatch', /WasmSnapshotWatch requires at least one argument/],
    ['WasmSnapshotWatch DIR/data DIR/no/x', /WasmSnapshotWatch DIR\/no\/x: No such file or dir/],
    ['WasmContentType html', /WasmContentType html: not a media type/],
    ['WasmHtaccessRoot DIR/none', /WasmHtaccessRoot DIR\/none: No such file or directory/],
    ['WasmServer somewhere', /WasmServer somewhere: must be auto, unix:\/path, host:port/],
    ['WasmServer host:0', /WasmServer host:0: must be auto/],
    ['WasmServer host:65536', /WasmServer host:65536: must be auto/],
    ['WasmServer unix:', /WasmServer unix:: must be auto/],
    ['WasmCommand', /WasmCommand needs a program/],
    ['WasmKeyFile DIR/none', /WasmKeyFile DIR\/none: No such file or directory/],
    ['WasmKeyFile DIR/open.key', /WasmKeyFile DIR\/open\.key: everybody can read it/],
    ['WasmKeyFile DIR/written.key', /WasmKeyFile DIR\/written\.key: everybody can write it/],
    ['WasmKeyFile DIR/long.key', /WasmKeyFile DIR\/long\.key: a key has 32 to 4,000 char/],
    ['WasmKeyFile DIR/short.key', /WasmKeyFile DIR\/short\.key: a key has 32 to 4,000 char/],
  ];

  for (const [line, expected] of rows) {
    it(`15: names file, line and reason for ${line.slice(0, 50)}`, async () => {
      const config = `\n\n${line.replaceAll('DIR', bed.dir)}`;
      const { ok, output, file, headLines } = await configtest({ modules: modules(), config });
      expect(ok).to.equal(false);
      expect(output).to.include(`Syntax error on line ${headLines + 3} of ${file}:`);
      expect(output).to.match(new RegExp(expected.source.replaceAll('DIR', bed.dir)));
    });
  }

  it('keeps httpd from starting', async () => {
    const config = '<Location /w>\nWasmModule /none.wasm\n</Location>';
    const fault = await startHttpd({ modules: modules(), config }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(fault).to.match(/Syntax error on line \d+ of .*\nWasmModule \/none\.wasm: No such file/);
  });

  it('14: finds nothing wrong with what is right, compiles and starts nothing', async () => {
    const marker = bed.at('started');
    const config = `
      WasmCommand /usr/bin/touch ${marker}
      WasmServer auto
      <Location /w>
        SetHandler wasm-handler
        WasmModule ${bed.at('a.wasm')}
        WasmDir ${bed.at('data')}
        WasmTimeout 1h
        WasmEnv NAME ${'x'.repeat(16_000)}
      </Location>`;
    const { ok, output } = await configtest({ modules: modules(), config });
    expect(output).to.include('Syntax OK');
    expect(ok).to.equal(true);
    expect(await stat(marker).catch(() => 'none')).to.equal('none');
  });

  const lacking: [string, string[], RegExp][] = [
    ['WasmServer auto', [], /WasmServer auto needs mod_proxy: add its LoadModule line/],
    ['WasmServer auto', ['proxy'], /WasmServer auto needs mod_proxy_fcgi: add/],
    ['WasmServer unix:/x', [], /WasmServer unix: needs mod_proxy_fcgi/],
    ['WasmServer localhost:1', [], /WasmServer host:port needs mod_proxy_fcgi/],
    ['WasmServer fcgid', [], /WasmServer fcgid needs mod_fcgid: add/],
    ['WasmServer balancer://x', ['proxy', 'proxy_fcgi'], /needs mod_proxy_balancer: add/],
  ];
  for (const [line, loaded, expected] of lacking) {
    it(`names the module that ${line} lacks with ${loaded.join(', ') || 'none'}`, async () => {
      const options = { modules: [...loaded, `wasm=${bed.so}`], config: line };
      const { ok, output } = await configtest(options);
      expect(ok).to.equal(false);
      expect(output).to.match(expected);
    });
  }

  it('loads without mod_proxy where nothing uses it', async () => {
    const { ok } = await configtest({ modules: [`wasm=${bed.so}`], config: '' });
    expect(ok).to.equal(true);
  });

  it('refuses a balancer that is not there', async () => {
    const fault = await startHttpd({
      modules: ['slotmem_shm', 'proxy', 'proxy_fcgi', 'proxy_balancer', `wasm=${bed.so}`],
      config: `WasmKeyFile ${bed.at('key')}\nWasmServer balancer://none`,
    }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(fault).to.match(/there is no <Proxy "balancer:\/\/none">/);
  });

  forRoot('refuses a key file of somebody else', async () => {
    const file = await bed.write('their.key', 'k'.repeat(40), 0o600);
    await chown(file, NOBODY, NOBODY);
    const { ok, output } = await configtest({
      modules: modules(),
      config: `WasmKeyFile ${file}`,
    });
    expect(ok).to.equal(false);
    expect(output).to.include(
      `WasmKeyFile ${file}: belongs to uid ${NOBODY}; it must belong to root or to uid `,
    );
  });

  it('refuses a key file of a virtual host that uses the common responder', async () => {
    const config = `<VirtualHost *:*>\nWasmKeyFile ${bed.at('key')}\nWasmArg x\n</VirtualHost>`;
    const { ok, output } = await configtest({ modules: modules(), config });
    expect(ok).to.equal(false);
    expect(output).to.match(
      /:\d+: a virtual host with a WasmKeyFile of its own needs a WasmServer/,
    );
  });

  it('refuses for mod_fcgid a section of more than 49,152 bytes', async () => {
    const options = { modules: ['fcgid', `wasm=${bed.so}`] };
    const { ok, output } = await configtest({ ...options, config: longSection(4) });
    expect(output).to.include('Syntax OK');
    expect(ok).to.equal(true);
    const over = await configtest({ ...options, config: longSection(5) });
    expect(over.ok).to.equal(false);
    expect(over.output).to.match(
      /\/w: its Wasm directives come to \d+ bytes, and mod_fcgid carries/,
    );
  });
});
