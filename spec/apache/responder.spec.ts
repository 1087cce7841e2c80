// WasmServer auto: httpd starts the responder, keeps it alive, and takes it along when it ends.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFile, readdir, readlink, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { isRunning, startHttpd } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { assemble } from '../pool/guests.js';
import { ask, dumpOf, EMPTY_MODULE, KEY, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { print } from './guests.js';
import { underLoad } from './load.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const SECTION = '<Location /w>\nSetHandler wasm-handler\nWasmEnableCGI On\n';

async function pidOf(httpd: Httpd): Promise<number> {
  return (await dumpOf(httpd, '/w')).pid;
}

/** The modules that the words of a process name. */
async function preloadedBy(pid: number): Promise<string[]> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  return words.filter((_, place) => words[place - 1] === '--preload').sort();
}

/** The children of httpd that run the program of its WasmCommand. */
async function respondersOf(httpd: Httpd): Promise<number[]> {
  const children = await httpd.children();
  const words = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8')));
  return children.filter((_, place) => words[place]?.includes('--serving-fd'));
}

async function uidOf(pid: number): Promise<string | undefined> {
  return /^Uid:.*$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[0];
}

/** Does httpd start a responder for this configuration? */
async function startedBy(bed: Bed, config: string): Promise<boolean> {
  const httpd = await startHttpd({
    modules: ['proxy', 'proxy_fcgi', 'env', `wasm=${bed.so}`],
    config: `WasmCommand ${bed.dump.join(' ')}\n${config}`,
  });
  try {
    const { text } = await ask(httpd, '/');
    expect(text).to.include('<html');
    const socket = `${httpd.dir}/run/wasm-fcgi.${httpd.pid}.sock`;
    return await stat(socket).then(
      () => true,
      () => false,
    );
  } finally {
    await httpd.stop();
  }
}

describe('apache: the responder that httpd starts', () => {
  let bed: Bed;
  let section: string;

  const modules = (): string[] => ['a.wasm', 'b.wasm'].map((name) => bed.at(name));

  before(async () => {
    bed = await makeBed();
    section = `${SECTION}WasmModule ${bed.at('a.wasm')}\n</Location>
      <Directory /x>\nWasmModule ${bed.at('a.wasm')}\n</Directory>
      <VirtualHost 127.0.0.1:1>\n<Location /y>\nWasmModule ${bed.at('b.wasm')}\n</Location>\n</VirtualHost>`;
  });
  after(() => bed.clear());

  describe('while it runs', () => {
    let httpd: Httpd;
    before(async () => {
      httpd = await bed.start(section);
    });

    it('has the key on fd 3', async () => {
      const { keyHash } = await dumpOf(httpd, '/w');
      expect(keyHash).to.equal(createHash('sha256').update(KEY).digest('hex'));
    });

    it('has a socket that only the server user can use', async () => {
      const path = `${httpd.dir}/run/wasm-fcgi.${httpd.pid}.sock`;
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
    });

    it('has the user of the server for good, a minimal environment and no other file', async () => {
      const pid = await pidOf(httpd);
      const children = await httpd.children();
      const other = children.find((child) => child !== pid) ?? 0;
      expect(await uidOf(pid)).to.equal(await uidOf(other));
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      expect(status).to.match(/^NoNewPrivs:\s1$/m);
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      expect(environment.split('\0').filter((entry) => entry !== '')).to.have.lengthOf(1);
      expect(environment).to.match(/^PATH=/);
      for (const fd of await readdir(`/proc/${pid}/fd`)) {
        const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
        if (Number(fd) > 3) expect(link, `fd ${fd}`).to.not.include(httpd.dir);
      }
    });

    it('is told each module of the configuration once, to load it at the start', async () => {
      expect(await preloadedBy(await pidOf(httpd))).to.deep.equal(modules());
    });

    it('is started again when it is killed, and what waits is answered', async () => {
      const old = await pidOf(httpd);
      const load = await underLoad(httpd, '/w', async () => {
        process.kill(old, 'SIGKILL');
        await httpd.logged(/responder ended .*starting it again/);
      });
      // What was on its way to the dead one is lost; nothing else is.
      expect(load.failed).to.be.at.most(load.parallel);
      expect(load.answered).to.be.greaterThan(50);
      expect(await pidOf(httpd)).to.not.equal(old);
      expect(await preloadedBy(await pidOf(httpd))).to.deep.equal(modules());
    });

    it('lives through a graceful restart without loss, and is told to reload', async () => {
      const pid = await pidOf(httpd);
      // A module more is no reason to start anew.
      const more = `<Location /more>\nWasmModule ${bed.at('c.wasm')}\n</Location>`;
      await bed.write('c.wasm', EMPTY_MODULE);
      await httpd.reconfigure(
        `WasmCommand ${bed.dump.join(' ')}\nWasmKeyFile ${bed.at('key')}\n${section}\n${more}`,
      );
      const load = await underLoad(httpd, '/w', () => httpd.graceful());
      expect(load).to.include({ failed: 0 });
      expect(await pidOf(httpd)).to.equal(pid);
      await httpd.logged(new RegExp(`dump responder ${pid} reloads`));
    });

    it('is replaced without loss when the error log was rotated', async () => {
      const old = await pidOf(httpd);
      await rename(httpd.errorLog, `${httpd.errorLog}.1`);
      const load = await underLoad(httpd, '/w', () => httpd.graceful());
      expect(load).to.include({ failed: 0 });
      const pid = await pidOf(httpd);
      expect(pid).to.not.equal(old);
      await httpd.logged(new RegExp(`dump responder ${pid} listens`));
    });

    it('is replaced when WasmCommand changes', async () => {
      const old = await pidOf(httpd);
      const head = `WasmKeyFile ${bed.at('key')}\nWasmCommand ${bed.dump.join(' ')} --new`;
      await httpd.reconfigure(`${head}\n${section}`);
      await httpd.graceful();
      expect(await pidOf(httpd)).to.not.equal(old);
    });

    it('ends, and its socket goes, when a new configuration needs none', async () => {
      const pid = await pidOf(httpd);
      await httpd.reconfigure('');
      await httpd.graceful();
      await httpd.logged(new RegExp(`dump responder ${pid} drains`));
      const socket = `${httpd.dir}/run/wasm-fcgi.${httpd.pid}.sock`;
      expect(await stat(socket).catch(() => 'gone')).to.equal('gone');
    });
  });

  it('leaves no process and no socket behind when httpd stops', async () => {
    const httpd = await bed.start(section);
    const pid = await pidOf(httpd);
    await httpd.stop();
    expect(await isRunning(pid)).to.equal(false);
  });

  it('ends when httpd is killed', async () => {
    const httpd = await bed.start(section);
    const pid = await pidOf(httpd);
    const children = await httpd.children();
    process.kill(httpd.pid, 'SIGKILL');
    await httpd.logged(new RegExp(`dump responder ${pid} drains`));
    for (const child of children) if (child !== pid) process.kill(child, 'SIGKILL');
  });

  it('is given up, loudly, when it keeps ending at once; requests get 503', async () => {
    const httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: `WasmCommand /bin/false\n${section}`,
    });
    try {
      await httpd.logged(/given up, its requests get 503/, 30_000);
      expect(await ask(httpd, '/w')).to.include({ status: 503 });
    } finally {
      await httpd.stop();
    }
  });

  it('is started again though its ini file has pools, which are another server’s', async () => {
    const command = await stageProgram(bed.dir, BUILT);
    const ini = await bed.write('with-pools.ini', '[limits]\ntimeout = 7s\n');
    await bed.write('hello.wasm', Buffer.from(assemble(print('hello\n'))));
    const httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: `WasmCommand ${command.join(' ')} --config ${ini}
        ${SECTION}WasmModule ${bed.at('hello.wasm')}\nWasmEnableCGI Off\n</Location>`,
    });
    try {
      expect(await ask(httpd, '/w')).to.include({ status: 200, text: 'hello\n' });
      await bed.write('with-pools.ini', `[pool other]\nlisten = unix:${bed.at('other')}\n`);
      for (const pid of await respondersOf(httpd)) process.kill(pid, 'SIGKILL');
      await httpd.logged(/pools-not-started .*pools=other/, 30_000);
      expect(await ask(httpd, '/w')).to.include({ status: 200, text: 'hello\n' });
    } finally {
      await httpd.stop();
    }
  });

  it('tells when the program cannot be run', async () => {
    const httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: `WasmCommand no-such-program serve\n${section}`,
    });
    try {
      await httpd.logged(/cannot run no-such-program: exec: No such file/);
    } finally {
      await httpd.stop();
    }
  });

  describe('is not started', () => {
    it('when nothing uses Wasm', async () => {
      expect(await startedBy(bed, 'SetEnv A b')).to.equal(false);
    });

    it('but is, when a handler is named', async () => {
      expect(await startedBy(bed, '<Location /w>\nSetHandler wasm-handler\n</Location>')).to.equal(
        true,
      );
    });

    it('but is, when WasmServer auto is written', async () => {
      expect(await startedBy(bed, 'WasmServer auto')).to.equal(true);
    });
  });
});
