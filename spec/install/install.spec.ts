// What an administrator installs: the Debian package and the container image, each on a machine on
// which nothing was ever done.

import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { buildDeb } from '../../apache/debian/package.js';
import { freePort } from '../../apache/httpd.js';
import { publicDirectory } from '../../apache/stage.js';
import { CAN_MAKE_MACHINES, Machines } from './machine.js';
import type { Machine } from './machine.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const PATIENCE_MS = 900_000;
const SITE = `
<Location "/hello">
    SetHandler wasm-handler
    WasmModule /srv/hello.wasm
</Location>`;

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

  async function hello(): Promise<string> {
    const service = machine.startHttpd(listen);
    try {
      return await (await service.get(`${origin}/hello`)).text();
    } finally {
      await service.stop();
    }
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
      await machine.copy(path.join(ROOT, 'samples/hello-wat/hello.wasm'), '/srv/hello.wasm');
      await machine.run(`echo 'Listen \${LISTEN}' > /etc/apache2/ports.conf
        echo 'ServerName localhost' > /etc/apache2/conf-enabled/name.conf
        cat > /etc/apache2/sites-enabled/hello.conf <<'END'\n${SITE}\nEND`);
      expect(await machine.run('LISTEN=1 apachectl configtest 2>&1')).to.include('Syntax OK');
      expect(await hello()).to.include('Hello from WebAssembly');
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
      const left = await machine.run(`find /etc /usr/bin /usr/lib /usr/share/doc /var /run \
        -path /usr/share/nodejs -prune -o -name '*wasm-fcgi*' -print -o -name 'mod_wasm*' -print`);
      expect(left).to.equal('');
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
