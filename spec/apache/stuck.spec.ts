// A responder that goes while it still has requests: another one takes over at once.

import { expect } from 'chai';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import path from 'node:path';
import { isRunning } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { freezable, freezeSpinning, whyNotFrozen } from '../freeze.js';
import { assemble } from '../pool/guests.js';
import { ask, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { ECHO, print, printTwice } from './guests.js';
import { underLoad } from './load.js';
import { wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const GUESTS: Readonly<Record<string, string>> = {
  loop: print('', '(loop (br 0))'),
  slow: printTwice('slow ', 1500, 'but whole\n'),
  good: print('good\n'),
  echo: ECHO,
};

function place(name: string, seconds: number, lines = ''): string {
  return `<Location /${name}>\nSetHandler wasm-handler\nWasmTimeout ${seconds}\n${lines}\n</Location>`;
}

/** A request whose body ends when `end` says so; that answers the body of its answer. */
function holding(httpd: Httpd, url: string): { end: () => Promise<string> } {
  const options = { port: httpd.port, host: '127.0.0.1', path: url, method: 'POST', agent: false };
  const request = httpRequest(options);
  request.write('first ');
  const answered = once(request, 'response');
  return {
    async end() {
      request.end('last');
      const [response]: IncomingMessage[] = await answered;
      return response === undefined ? '' : text(response);
    },
  };
}

async function ended(pid: number): Promise<void> {
  while (await isRunning(pid)) await turn();
}

describe('apache: a responder that takes no more connections', () => {
  let bed: Bed;
  let httpd: Httpd;

  const start = async (workers: number): Promise<void> => {
    bed = await makeBed();
    for (const [name, wat] of Object.entries(GUESTS)) {
      await bed.write(`docs/${name}.wasm`, Buffer.from(assemble(wat)));
    }
    const [auto] = wirings;
    if (auto === undefined) throw new Error('no such wiring');
    httpd = await auto.start({
      command: [
        ...(await freezable(bed.dir, await stageProgram(bed.dir, BUILT))),
        '--workers',
        String(workers),
      ],
      so: bed.so,
      dir: bed.dir,
      // The files themselves are the programs: what WasmModule names would be run at the start.
      config: () =>
        [
          `DocumentRoot ${bed.at('docs')}`,
          place('loop.wasm', 3),
          place('slow.wasm', 10),
          place('good.wasm', 10),
          place('echo.wasm', 60, 'WasmEnableCGI On'),
        ].join('\n'),
    });
    await ask(httpd, '/good.wasm');
  };
  afterEach(async () => {
    await httpd.stop();
    await bed.clear();
  });

  const STARTED = /Wasm responder \S+: pid (\d+),/;
  const pidOf = async (): Promise<number> => Number((await httpd.logged(STARTED))[1]);

  const STUCK =
    'because a thread cannot be ended: all that it has is answered, its successor serves meanwhile';
  const obstacle = whyNotFrozen(1);
  if (obstacle !== undefined) it(`${STUCK} (not tried: ${obstacle})`);
  else
    it(STUCK, async () => {
      await start(1);
      const old = await pidOf();
      const loop = ask(httpd, '/loop.wasm');
      const frozen = await freezeSpinning(old);
      try {
        // These wait for the one worker, which stands still until its time is over and for ever after;
        // the last one until the spec has sent its body.
        const slow = Array.from({ length: 3 }, () => ask(httpd, '/slow.wasm'));
        const held = holding(httpd, '/echo.wasm');
        expect(await loop).to.include({ status: 504 });
        await httpd.logged(/thread-stuck/);
        await httpd.logged(/Wasm responder takes no more connections; starting another one/);
        expect(await ask(httpd, '/good.wasm')).to.include({ status: 200, text: 'good\n' });
        expect(await isRunning(old)).to.equal(true);
        for (const answer of await Promise.all(slow)) {
          expect(answer).to.include({ status: 200, text: 'slow but whole\n' });
        }
        expect(await held.end()).to.equal('first last');
        await ended(old);
      } finally {
        await frozen.thaw();
      }
    });

  it('because it was told to stop: its successor is started before it has finished', async () => {
    await start(2);
    const old = await pidOf();
    const slow = ask(httpd, '/slow.wasm');
    await httpd.logged(/module-compiled module=\S*slow\.wasm/);
    const load = await underLoad(httpd, '/good.wasm', async () => {
      process.kill(old, 'SIGTERM');
      await httpd.logged(new RegExp(`takes no more.*\n.*${STARTED.source}`));
    });
    expect(load).to.include({ failed: 0 });
    expect(await slow).to.include({ status: 200, text: 'slow but whole\n' });
    await ended(old);
  });
});
