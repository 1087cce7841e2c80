// `wasm-fcgi init` for the layouts of source builds and of RHEL. Debian's own is in spec/install.

import { expect } from 'chai';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';

import { buildModule, findHttpd } from '../../apache/build.js';
import { runCommand } from '../program.js';
import { Tree } from './tree.js';

const HELLO = 'Hello from WebAssembly, by hand\n';

describe('wasm-fcgi init', function () {
  this.timeout(180_000);
  let tree: Tree;
  afterEach(() => tree.clear());

  /** A tree with the module in it already, which init then leaves as it is. */
  async function withModule(...words: Parameters<typeof Tree.create>): Promise<void> {
    tree = await Tree.create(...words);
    await cp(await buildModule(), tree.at('modules/mod_wasm.so'));
  }

  it('shows what it would do, does it, does nothing more, and takes it away, for a source build', async () => {
    tree = await Tree.create('source');
    const bare = await tree.snapshot();
    const shown = await tree.init();
    expect(shown.status, shown.stderr).to.equal(0);
    expect(shown.stdout).to.match(
      /^httpd +\S+\/bin\/httpd, Apache\/2\.4\.\d+ .*, MPM event, not running$/m,
    );
    expect(shown.stdout).to.match(/^layout +source /m);
    expect(shown.stdout).to.include(`- build ${tree.at('modules/mod_wasm.so')}\n    $ make -C `);
    expect(shown.stdout).to.include('    |     <Location "/wasm-hello">\n');
    expect(shown.stdout).to.include('Nothing was done: --apply does it.');
    expect(await tree.snapshot()).to.deep.equal(bare);

    const applied = await tree.init('--apply');
    expect(applied.status, applied.stderr).to.equal(0);
    expect(applied.stdout).to.include(`✓ add to ${tree.config}\n✓ check: ${tree.binary} -t\n`);
    expect(applied.stdout).to.include(
      `Then: ${tree.binary} -k start\nTry:  curl http://localhost:`,
    );
    expect(await tree.get('/wasm-hello')).to.deep.equal({ status: 200, text: HELLO });

    const installed = await tree.snapshot();
    const again = await tree.init('--apply');
    expect(again.stdout)
      .to.include('Nothing to do: all of it is there.')
      .and.not.include('✓ write');
    expect(await tree.snapshot()).to.deep.equal(installed);

    const gone = await tree.init('--uninstall');
    expect(gone.status, gone.stderr).to.equal(0);
    expect([...(await tree.snapshot()).keys()]).to.deep.equal([...bare.keys()]);
    expect((await tree.configtest()).stderr).to.include('Syntax OK');
    expect((await tree.init('--uninstall')).stdout).to.include('Nothing to do');
  });

  it('puts a file in each directory that RHEL reads, and takes another URL later', async () => {
    await withModule('rhel');
    const bare = await tree.snapshot();
    const applied = await tree.init('--apply', '--url', '/first/page');
    expect(applied.status, applied.stderr).to.equal(0);
    expect(applied.stdout).to.match(/^layout +rhel /m);
    expect(await tree.get('/first/page')).to.deep.equal({ status: 200, text: HELLO });
    const files = [...(await tree.snapshot()).keys()].filter((file) => !bare.has(file));
    expect(files).to.deep.equal([
      'etc/httpd/conf.d/wasm-hello.conf',
      'etc/httpd/conf.d/wasm.conf',
      'etc/httpd/conf.modules.d/10-wasm.conf',
      'etc/httpd/wasm-fcgi.init.json',
      'programs',
      'programs/hello.wasm',
    ]);
    expect((await tree.init('--apply')).stdout, 'the URL is remembered').to.include(
      'Nothing to do',
    );
    const moved = await tree.init('--apply', '--url', '/second');
    expect(moved.stdout.match(/^✓ write .*/gm)).to.deep.equal([
      `✓ write ${tree.at('etc/httpd/conf.d/wasm-hello.conf')}`,
    ]);
    expect((await tree.init('--uninstall')).status).to.equal(0);
    expect([...(await tree.snapshot()).keys()]).to.deep.equal([...bare.keys()]);
  });

  it('starts httpd with --reload, or makes it read its configuration, and asks for the program', async () => {
    await withModule('source');
    const page = `${tree.origin.replace('127.0.0.1', 'localhost')}/wasm-hello`;
    try {
      const started = await tree.init('--apply', '--reload');
      expect(started.status, started.stderr).to.equal(0);
      const answered = `✓ GET ${page}: ${HELLO}`;
      expect(started.stdout).to.include(`✓ run ${tree.binary} -k start\n${answered}`);
      const again = await tree.init('--apply', '--reload');
      expect(again.stdout).to.include(`✓ run ${tree.binary} -k graceful\n${answered}`);
      const gone = await tree.init('--uninstall');
      expect(gone.stdout).to.include(`Then: ${tree.binary} -k restart\n`);
    } finally {
      await tree.stop();
    }
  });

  it('has mod_fcgid start the responder where mod_proxy_fcgi is missing', async () => {
    await withModule('source', ['proxy_fcgi']);
    const applied = await tree.init('--apply');
    expect(applied.status, applied.stderr).to.equal(0);
    expect(applied.stdout).to.match(/mod_proxy_fcgi missing, mod_fcgid there: by mod_fcgid/);
    expect(await tree.get('/wasm-hello')).to.deep.equal({ status: 200, text: HELLO });
    const key = await readFile(tree.at('conf/wasm.d/wasm-fcgi.key'), 'utf8');
    expect(key).to.match(/^[\da-f]{64}$/);
    expect(applied.stdout + (await tree.init()).stdout).to.not.include(key);
  });

  it('says what to install where nothing carries FastCGI, and changes nothing', async () => {
    await withModule('rhel', ['proxy_fcgi', 'fcgid']);
    const bare = await tree.snapshot();
    for (const words of [[], ['--apply']]) {
      const { status, stderr } = await tree.init(...words);
      expect(status).to.equal(1);
      expect(stderr).to.match(
        /^wasm-fcgi: missing: mod_proxy_fcgi\. apt-get install -y .*apache2-bin/,
      );
    }
    expect(await tree.snapshot()).to.deep.equal(bare);
  });

  it('takes everything back when httpd does not accept it', async () => {
    tree = await Tree.create('source');
    const { modulesDirectory } = await findHttpd();
    await cp(`${modulesDirectory}/mod_env.so`, tree.at('modules/mod_wasm.so'));
    const bare = await tree.snapshot();
    const { status, stdout, stderr } = await tree.init('--apply');
    expect(status).to.equal(1);
    expect(stdout).to.include(
      `! ${tree.at('modules/mod_wasm.so')}: left as it is, init did not write it`,
    );
    expect(stderr).to.match(/^wasm-fcgi: check: .*wasm_module/);
    expect(stderr).to.include('all is as it was');
    const after = await tree.snapshot();
    expect([...after.keys()]).to.deep.equal([...bare.keys()]);
    expect(await readFile(tree.config, 'utf8')).to.not.include('wasm.d');
  });

  it('takes everything back when a step fails', async () => {
    tree = await Tree.create('rhel');
    await writeFile(
      tree.at('bin/apxs'),
      '#!/bin/sh\ncase $1 in -q) echo "$0" >/dev/null; exec apxs "$@";; esac\nexit 3\n',
    );
    const bare = await tree.snapshot();
    const { status, stderr } = await tree.init('--apply');
    expect(status).to.equal(1);
    expect(stderr).to.match(/^wasm-fcgi: build \S+mod_wasm\.so: make .* failed: /);
    expect(stderr).to.include('nothing was changed');
    expect(await tree.snapshot()).to.deep.equal(bare);
  });

  it('does not touch an httpd whose configuration does not pass', async () => {
    await withModule('source');
    await appendFile(tree.config, 'Nonsense on\n');
    const bare = await tree.snapshot();
    const { status, stdout, stderr } = await tree.init('--apply');
    expect(status).to.equal(1);
    expect(stdout).to.match(/^wrong +its configuration: .*Nonsense/m);
    expect(stderr).to.match(/does not pass as it is: .*Nonsense/);
    expect(await tree.snapshot()).to.deep.equal(bare);
  });

  it('keeps what an administrator changed: in place, as *.saved with --force and --uninstall', async () => {
    await withModule('rhel');
    await tree.init('--apply');
    const file = tree.at('etc/httpd/conf.d/wasm-hello.conf');
    await appendFile(file, '# mine\n');
    const again = await tree.init('--apply');
    expect(again.status).to.equal(0);
    expect(again.stdout).to.include(`! ${file}: left as it is, it was changed since init wrote it`);
    expect(await readFile(file, 'utf8')).to.include('# mine');
    const forced = await tree.init('--apply', '--force');
    expect(forced.stdout).to.include(`kept as ${file}.saved\n`);
    expect(await readFile(file, 'utf8')).to.not.include('# mine');
    expect(await readFile(`${file}.saved`, 'utf8')).to.include('# mine');
    await appendFile(file, '# again\n');
    const gone = await tree.init('--uninstall');
    expect(gone.stdout).to.include(`kept as ${file}.saved.2\n`);
    expect(await readFile(`${file}.saved.2`, 'utf8')).to.include('# again');
    expect((await tree.configtest()).stderr).to.include('Syntax OK');
  });

  it('does not leave an httpd that does not start, when something else uses the module', async () => {
    await withModule('rhel');
    await tree.init('--apply');
    await writeFile(
      tree.at('etc/httpd/conf.d/zz-site.conf'),
      '<Location /mine>\nWasmTimeout 5\n</Location>\n',
    );
    const before = await tree.snapshot();
    const { status, stderr } = await tree.init('--uninstall');
    expect(status).to.equal(1);
    expect(stderr).to.match(
      /^wasm-fcgi: check: .*zz-site\.conf.*: take out what else uses it first\n/,
    );
    expect([...(await tree.snapshot()).keys()]).to.deep.equal([...before.keys()]);
    expect((await tree.configtest()).stderr).to.include('Syntax OK');
    expect((await tree.get('/wasm-hello')).text).to.equal(HELLO);
  });
});

describe('the options of wasm-fcgi init', () => {
  const WRONG = [
    [['--url', 'hello'], /--url must be a path such as \/wasm-hello, not "hello"/],
    [['--url', '/a"b'], /--url must be a path/],
    [['--httpd', '/nowhere/httpd'], /--httpd \/nowhere\/httpd: no such file/],
    [['--apxs', '/nowhere/apxs'], /--apxs \/nowhere\/apxs: no such file/],
    [['--layout', 'gentoo'], /gentoo/],
  ] as const;
  for (const [words, expected] of WRONG) {
    it(`refuses ${words.join(' ')} in one line`, () => {
      const { status, stderr } = runCommand(['init', ...words]);
      expect(stderr)
        .to.match(expected)
        .and.match(/^wasm-fcgi: .+\n$/);
      expect(status).to.equal(2);
    });
  }
});
