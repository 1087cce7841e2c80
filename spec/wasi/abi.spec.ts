// The ends of memory, and fds that are not open. All other arguments: see arguments.spec.ts.

import { expect } from 'chai';
import { Errno } from '../../lib/wasi/abi.js';
import { type Namespace, Driver, SIGNATURES, trampoline } from './trampoline.js';
import { plant, type Tree } from './tree.js';

const MEMORY_END = 2 * 65_536;

for (const namespace of ['wasi_snapshot_preview1', 'wasi_unstable'] satisfies Namespace[]) {
  describe(`the functions of ${namespace}`, () => {
    let module: WebAssembly.Module;
    let tree: Tree;

    before(async () => {
      module = await trampoline(namespace);
    });
    beforeEach(() => {
      tree = plant();
    });
    afterEach(() => tree.remove());

    function start(): Driver {
      const driver = new Driver(module, { preopens: [tree.preopen()], args: ['a'], env: ['K=V'] });
      driver.put('name', 0);
      driver.put('dir/file', 1024);
      return driver;
    }

    it('answer EFAULT when a pointer reaches one byte past the end of memory', () => {
      const driver = start();
      const end = MEMORY_END;
      const file = driver.open('file', { flags: 1, rights: 2n | 64n }).fd;
      for (const [name, ...args] of [
        ['args_sizes_get', end - 3, 0],
        ['args_sizes_get', 0, end - 3],
        ['args_get', end - 3, 0],
        ['args_get', 0, end - 1],
        ['environ_get', 0, end - 3],
        ['clock_time_get', 0, 0n, end - 7],
        ['clock_res_get', 0, end - 7],
        ['random_get', end - 7, 8],
        ['random_get', 8, -1],
        ['fd_read', file, end - 7, 1, 0],
        ['fd_read', file, 0, 0, end - 3],
        ['fd_write', 1, end - 7, 1, 0],
        ['fd_write', 1, 0, 0, end - 3],
        ['fd_seek', file, 0n, 0, end - 7],
        ['fd_fdstat_get', file, end - 23],
        ['fd_filestat_get', file, end - 55],
        ['fd_prestat_get', 3, end - 7],
        ['fd_prestat_dir_name', 3, end, 1],
        ['fd_readdir', 3, end - 9, 10, 0n, 0],
        ['fd_readdir', 3, 0, 10, 0n, end - 3],
        ['path_open', 3, 0, end - 3, 4, 0, 0n, 0n, 0, 0],
        ['path_open', 3, 0, 1024, 3, 0, 0n, 0n, 0, end - 3],
        ['path_readlink', 3, 1024, 3, end - 3, 4, 0],
        ['path_rename', 3, 1024, 3, 3, end, 1],
        ['poll_oneoff', end - 47, 0, 1, 0],
        ['poll_oneoff', 0, end - 31, 1, 0],
        ['poll_oneoff', 0, 0, 1, end - 3],
      ] as const) {
        expect(driver.call(name, ...args), `${name} ${args.join(' ')}`).to.equal(Errno.EFAULT);
      }
      driver.host.end();
    });

    it('take pointers that reach exactly to the end of memory', () => {
      const driver = start();
      const end = MEMORY_END;
      const size = namespace === 'wasi_unstable' ? 56 : 64;
      expect(driver.call('args_sizes_get', end - 4, end - 8)).to.equal(0);
      expect(driver.call('fd_filestat_get', 3, end - size)).to.equal(0);
      expect(driver.call('random_get', end - 8, 8)).to.equal(0);
      expect(driver.call('fd_write', 1, end, 0, end - 4)).to.equal(0);
      driver.host.end();
    });

    it('see a memory that has grown', () => {
      const driver = start();
      driver.call('grow', 2);
      expect(driver.call('random_get', MEMORY_END, 2 * 65_536)).to.equal(0);
      expect(driver.write(1, 'grown').errno).to.equal(0);
      expect(String(driver.out)).to.equal('grown');
      driver.host.end();
    });

    it('answer EBADF to an fd that is not open, and ENOTDIR where a directory must be', () => {
      const driver = start();
      for (const [name, letters] of Object.entries(SIGNATURES)) {
        if (!name.startsWith('fd_') && !name.startsWith('sock_')) continue;
        const args = Array.from(letters, (letter, i) => (letter === 'I' ? 0n : i === 0 ? 99 : 0));
        expect(driver.call(name, ...args), name).to.equal(Errno.EBADF);
      }
      expect(driver.open('file', { dir: 99 }).errno).to.equal(Errno.EBADF);
      expect(driver.open('file', { dir: 1 }).errno).to.equal(Errno.ENOTDIR);
      driver.host.end();
    });
  });
}
