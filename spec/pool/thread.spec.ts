import { expect } from 'chai';

import { createBell, silence } from '../../lib/channel/bell.js';
import { PooledRun } from '../../lib/pool/pooled-run.js';
import { Thread } from '../../lib/pool/thread.js';
import { WAIT_MS } from '../../lib/worker/runs.js';
import { command, watJob } from './guests.js';
import { Listener } from './listener.js';

const nothing = (): void => undefined;
const POOL = { bodyCame: nothing, aborting: nothing, moved: nothing };

/** Nothing comes in meanwhile. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a thread of the pool', () => {
  let thread: Thread;
  afterEach(() => thread.stop());

  it('is told of a run that became its own while it slept', async () => {
    const bell = createBell();
    const job = watJob(command(''), {}, {}, 'reset');
    const create = (): { run: PooledRun; listener: Listener } => {
      const listener = new Listener();
      const run = new PooledRun(job, listener, POOL);
      run.bodyEnded();
      return { run, listener };
    };
    let free = nothing;
    let rang = nothing;
    thread = new Thread(
      {
        begun: nothing,
        leaving: nothing,
        gone: nothing,
        free: () => free(),
        rang: () => rang(),
      },
      bell,
    );
    await new Promise<void>((resolve) => (free = resolve));
    // The first run brings the module along, and goes and comes by message.
    const known = create();
    thread.start(known.run);
    rang = () => thread.collect();
    await known.listener.outcome;

    const [before, after] = [create(), create()];
    silence(bell);
    thread.start(before.run);
    await new Promise<void>((resolve) => (rang = resolve));
    rang = () => thread.collect();
    silence(bell);
    // It has answered: now it leaves its loop too.
    blockFor(2 * WAIT_MS);
    expect(thread.give(after.run, Infinity)).to.equal(true);
    thread.collect();
    thread.rouse();
    expect(await before.listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
    expect(await after.listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });
});
