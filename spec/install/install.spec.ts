// What an administrator installs: the Debian package, what npm has, and the container image, on
// machines on which nothing was ever done.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildDeb } from '../../apache/debian/package.js';
import { freePort } from '../../apache/httpd.js';
import { publicDirectory } from '../../apache/stage.js';
import { CAN_MAKE_MACHINES, Machines } from './machine.js';
import type { Machine } from './machine.js';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PATIENCE_MS = 900_000;
const SITE = `
<Location "/hello">
    SetHandler wasm-handler
    WasmModule /srv/hello.wasm
</Location>`;

/** What `npm publish` would send. */
async function packed(to: string): Promise<string> {
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', to, ROOT];
  const { stdout } = await run('npm', words);
  return path.join(to, stdout.trim());
}

/** The same with another version, and with other sources of the Apache module. */
async function newer(file: string, version: string, dir: string): Promise<string> {
  await run('tar', ['-xzf', file, '-C', dir]);
  const [facts, source] = ['package.json', 'apache/handler.c'].map((name) =>
    path.join(dir, 'package', name),
  );
  const text = await readFile(facts ?? '', 'utf8');
  await writeFile(facts ?? '', text.replace(/"version": ".*"/, `"version": "${version}"`));
  await appendFile(source ?? '', '/* newer */\n');
  const made = path.join(dir, `wasm-fcgi-${version}.tgz`);
  await run('tar', ['-czf', made, '-C', dir, 'package']);
  return made;
}

const describeAsRoot = CAN_MAKE_MACHINES ? describe : describe.skip;

describeAsRoot('installed (making machines takes root)', function () {
  this.timeout(PATIENCE_MS);
  let machines: Machines;
  let machine: Machine;
  let dir: string;
  let origin: string;
  let listen: Record<string, string>;

  before(async () => {
    machines = await Machines.create();
    dir = await publicDirectory('wasm-fcgi-install-');
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    listen = { LISTEN: `127.0.0.1:${port}` };
  });
  after(async () => {
    await machines?.clear();
    await rm(dir, { recursive: true, force: true });
  });

  async function hello(url = '/hello'): Promise<string> {
    const service = machine.startHttpd(listen);
    try {
      return await (await service.get(`${origin}${url}`)).text();
    } finally {
      await service.stop();
    }
  }

  /** Files of ours on the machine. */
  function leftBehind(): Promise<string> {
    return machine.run(`find /etc /usr /var /run -path /usr/share/nodejs -prune -o \
      -name '*wasm-fcgi*' -print -o -name 'mod_wasm*' -print -o -path '*apache2*' -name 'wasm*' -print`);
  }

  function init(...words: string[]): Promise<string> {
    return machine.run(['LISTEN=1', 'wasm-fcgi', 'init', ...words].join(' '));
  }

  /** All that init may touch, with times. Two answers are equal when nothing was written. */
  function written(): Promise<string> {
    return machine.run(`find /etc/apache2 /usr/lib/apache2 /usr/local/share /var/lib/apache2 \
      -printf '%p %l %m %T@ %s\\n' | sort`);
  }

  async function installFromNpm(file: string): Promise<void> {
    await machine.copy(file, '/tmp/');
    await machine.run(`npm install --global --silent --prefix /usr/local \
      --no-audit --no-fund /tmp/${path.basename(file)}`);
  }

  async function putPackage(version: string): Promise<string> {
    const file = await buildDeb({ to: dir, version, builtTo: BUILT });
    await machine.copy(file, '/tmp/');
    return `/tmp/${path.basename(file)}`;
  }

  describe('as a Debian package', () => {
    before(async () => {
      machine = await machines.machine();
      await machine.run('apt-get update');
    });

    it('brings Apache and Node.js, is enabled, and serves', async () => {
      const deb = await putPackage('0.1.0');
      await machine.run(`apt-get install -y --no-install-recommends apache2 ${deb}`);
      expect(await machine.run('a2query -m')).to.match(/^wasm \(enabled/m);
      await machine.run(`cp /usr/share/wasm-fcgi/hello.wasm /srv/hello.wasm
        echo 'Listen \${LISTEN}' > /etc/apache2/ports.conf
        echo 'ServerName localhost' > /etc/apache2/conf-enabled/name.conf
        cat > /etc/apache2/sites-enabled/hello.conf <<'END'\n${SITE}\nEND`);
      expect(await machine.run('LISTEN=1 apachectl configtest 2>&1')).to.include('Syntax OK');
      expect(await hello('/wasm-hello')).to.include('Hello from WebAssembly');
      expect(await hello()).to.include('Hello from WebAssembly');
      expect(await machine.run('wasm-fcgi init', 'www-data')).to.include('has set it up');
      expect(await machine.run('wasm-fcgi run /srv/hello.wasm', 'www-data')).to.include('Hello');
    });

    it('keeps what was configured through an upgrade', async () => {
      const [conf, ini] = ['/etc/apache2/mods-available/wasm.conf', '/etc/wasm-fcgi/wasm-fcgi.ini'];
      await machine.run(`echo '# mine' >> ${conf}; echo '; mine' >> ${ini}`);
      await machine.run(`dpkg -i ${await putPackage('0.1.1')}`);
      expect(await machine.run("dpkg-query -W -f '${Version}' wasm-fcgi")).to.equal('0.1.1');
      expect(await machine.run(`tail -qn 1 ${conf} ${ini}`)).to.equal('# mine\n; mine');
      expect(await hello()).to.include('Hello from WebAssembly');
    });

    it('leaves a working Apache when it is removed, and nothing when it is purged', async () => {
      await machine.run('apt-get remove -y wasm-fcgi && rm /etc/apache2/sites-enabled/hello.conf');
      expect(await machine.run('LISTEN=1 apachectl configtest 2>&1')).to.include('Syntax OK');
      await machine.run('apt-get purge -y wasm-fcgi');
      expect(await leftBehind()).to.equal('');
    });
  });

  describe('from npm, by init', () => {
    before(async () => {
      const { stdout } = await run('npm', ['root', '--global']);
      await machine.copy(path.join(stdout.trim(), 'npm'), '/opt/npm');
      await machine.run('ln -s /opt/npm/bin/npm-cli.js /usr/local/bin/npm');
    });
    after(() => machine.run('rm -r /opt/npm /usr/local/bin/npm'));

    it('names what it lacks, and is served by the Apache of the distribution', async () => {
      await installFromNpm(await packed(dir));
      const bare = await written();
      const refusal = await init('--apply').then(
        () => '',
        (error: Error) => error.message,
      );
      const [line = ''] = /apt-get install .*apache2-dev.*/.exec(refusal) ?? [];
      expect(line, refusal).to.include('apache2-dev');
      expect(await written()).to.equal(bare);
      await machine.run(line);
      expect(await init())
        .to.include('- run a2enmod wasm\n')
        .and.include('Nothing was done');
      expect(await written()).to.equal(bare);
      expect(await init('--apply')).to.include('✓ run a2enmod wasm\n');
      expect(await hello('/wasm-hello')).to.include('Hello from WebAssembly');
    });

    it('finds nothing to do a second time', async () => {
      const before = await written();
      expect(await init('--apply')).to.include('Nothing to do: all of it is there.');
      expect(await written()).to.equal(before);
    });

    it('builds the module anew when a newer version brings other sources', async () => {
      await installFromNpm(await newer(await packed(dir), '0.1.1', dir));
      expect((await init('--apply')).match(/^✓ (?:build|write).*/gm)).to.deep.equal([
        '✓ build /usr/lib/apache2/modules/mod_wasm.so',
      ]);
      expect(await hello('/wasm-hello')).to.include('Hello from WebAssembly');
    });

    it('is gone without a trace when it is uninstalled, and Apache starts', async () => {
      await init('--uninstall');
      await machine.run('npm uninstall --global --prefix /usr/local wasm-fcgi');
      expect(await machine.run('LISTEN=1 apachectl configtest 2>&1')).to.include('Syntax OK');
      expect(await leftBehind()).to.equal('');
      expect(await hello('/wasm-hello')).to.include('404 Not Found');
    });
  });

  describe('as a container', () => {
    it('serves the gallery as an ordinary user, and logs to its output', async () => {
      machine = await machines.machine(await machines.build(ROOT));
      const service = machine.startHttpd(listen, 'www-data');
      try {
        expect((await service.get(`${origin}/`)).status).to.equal(200);
        expect(await (await fetch(`${origin}/hello-wat`)).text()).to.include('Hello from Web');
        expect((await fetch(`${origin}/php/`)).status).to.equal(200);
        await service.printed(/"GET \/php\/ HTTP\/1.1" 200/);
        await service.printed(/module-compiled module=\S+php-cgi\.wasm/);
      } finally {
        await service.stop();
      }
    });
  });
});
