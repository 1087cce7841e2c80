// What happens to files and directories under a running server.

import { chmod, rename, writeFile } from 'node:fs/promises';

import { ask } from '../apache/bed.js';
import { print } from '../apache/guests.js';
import { Load } from '../apache/load.js';
import { assemble } from '../pool/guests.js';
import { type Budget, type Finding, type Scenario, findingOf } from './scenario.js';
import { type Site, type SiteOptions, limit, run, startSite } from './site.js';

const ENOSPC = '51';
const EFBIG = '22';
const EACCES = '02';

export const replaced: Scenario = {
  name: 'modules replaced',
  promise: 'answers by the old program or the new one while its file is exchanged or written over',
  async run(budget) {
    const site = await startSite();
    try {
      const file = site.bed.at('hello.wasm');
      // Long enough that writing takes more than one call.
      const versions = ['hello\n', 'HELLO\n'].map((text) =>
        Buffer.concat([assemble(print(text)), customSection(300_000)]),
      );
      const load = new Load(site.httpd, '/hello', 8, ({ text }) => /^hello\n$/i.test(text));
      await load.more(100);
      const beforeMib = await site.memoryMib();
      let written = 0;
      do {
        const next = versions[written % 2] ?? '';
        written += 1;
        if (written % 3 === 0) await writeFile(file, next);
        else {
          await writeFile(`${file}.new`, next);
          await rename(`${file}.new`, file);
        }
        await load.more(20);
      } while (written < 12 || budget.another());
      const { text } = await ask(site.httpd, '/hello');
      return await findingOf(load, {
        faults: `${written} files`,
        allowed: 0,
        beforeMib,
        afterMib: await site.memoryMib(),
        promises: [
          [text === (written % 2 === 1 ? 'hello\n' : 'HELLO\n'), 'the newest program answers'],
          [load.shed === 0, `nothing is shed, but ${load.shed} were`],
        ],
      });
    } finally {
      await site.stop();
    }
  },
};

/** A section that says nothing, at least so long. */
function customSection(bytes: number): Buffer {
  const contents = Buffer.concat([Buffer.from([1, 0x78]), Buffer.alloc(bytes)]);
  const size = [contents.length & 0x7f, (contents.length >> 7) & 0x7f, contents.length >> 14];
  return Buffer.concat([
    Buffer.from([0, (size[0] ?? 0) | 0x80, (size[1] ?? 0) | 0x80, size[2] ?? 0]),
    contents,
  ]);
}

/** Lets programs write where they cannot, and others be served meanwhile. */
async function refusing(
  budget: Budget,
  options: SiteOptions,
  expected: readonly string[],
  fault: (site: Site) => Promise<() => Promise<unknown>>,
): Promise<Finding> {
  const site = await startSite(options);
  try {
    const load = new Load(site.httpd, '/hello');
    await load.more(100);
    const beforeMib = await site.memoryMib();
    let refused = 0;
    const told = new Set<string>();
    const repair = await fault(site);
    try {
      do {
        for (let tries = 0; tries < 10; tries += 1) {
          const { status, text } = await ask(site.httpd, '/fill');
          told.add(status === 200 ? text : `${status}`);
          refused += 1;
        }
        await load.more(100);
      } while (budget.another());
    } finally {
      await repair();
    }
    const { text } = await ask(site.httpd, '/fill');
    return await findingOf(load, {
      faults: `${refused} writes`,
      allowed: 0,
      beforeMib,
      afterMib: await site.memoryMib(),
      promises: [
        [told.size === 1 && expected.includes([...told].join()), `errno ${[...told].join()}`],
        [text === '00', `writing works again, but ended with errno ${text}`],
        [load.shed === 0, `nobody else is turned away, but ${load.shed} were`],
      ],
    });
  } finally {
    await site.stop();
  }
}

export const diskFull: Scenario = {
  name: 'disk full',
  promise: 'tells a program that the disk is full, and loses its own log but no request',
  run: (budget) =>
    refusing(
      budget,
      // Its log: a disk that is always full.
      {
        by: async () => ['/bin/sh', '-c', 'exec $0 $@ 2>/dev/full'],
        serve: ['--log-level', 'debug'],
      },
      [ENOSPC, EFBIG],
      async (site) => {
        const data = site.bed.at('data');
        const mounted = await run('mount', '-t', 'tmpfs', '-o', 'size=1m,mode=777', 'none', data)
          .then(() => true)
          .catch(() => false);
        if (mounted) return () => run('umount', data);
        // Nobody but root may mount: then the system refuses files of more than a megabyte.
        await limit(await site.responder(), '--fsize=1048576:');
        return async () => limit(await site.responder(), '--fsize=unlimited:');
      },
    ),
};

export const unwritable: Scenario = {
  name: 'unwritable directory',
  promise: 'tells a program that it may not write, and serves the others',
  run: (budget) =>
    refusing(budget, {}, [EACCES], async (site) => {
      const data = site.bed.at('data');
      await chmod(data, 0o555);
      return () => chmod(data, 0o777);
    }),
};
