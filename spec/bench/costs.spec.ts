import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { costsOf } from '../../bench/measure/costs.js';
import { belowWith, commandOf, threadsOf } from '../../bench/measure/processes.js';

/** A shell whose child burns a little processor time, ends, and leaves it waiting. */
const BURN = `"${process.execPath}" -e "let x = 0; for (let i = 0; i < 2e8; i++) x += i"; echo; read x`;

describe('bench: costs', () => {
  it('count the time of a process and of its ended children', async () => {
    const shell = spawn('/bin/sh', ['-c', BURN], { stdio: ['pipe', 'pipe', 'ignore'] });
    try {
      const costs = costsOf([shell.pid ?? 0]);
      const before = costs.cpuMicros();
      expect(belowWith(process.pid, '/sh')).to.include(shell.pid);
      expect(belowWith(shell.pid ?? 0, 'none such')).to.deep.equal([]);
      await once(shell.stdout, 'data');
      expect(costs.cpuMicros() - before).to.be.greaterThan(20_000);
      expect(costs.rssMiB()).to.be.within(0.1, 100);
    } finally {
      shell.stdin.end('\n');
      await once(shell, 'exit');
    }
  });

  it('are nothing for a process that has gone', () => {
    const costs = costsOf([2 ** 22 + 1]);
    expect([costs.cpuMicros(), costs.rssMiB()]).to.deep.equal([0, 0]);
  });

  it('see a process as /proc does', () => {
    expect(commandOf(process.pid)[0]).to.include('node');
    expect(threadsOf(process.pid)).to.be.greaterThan(1);
  });
});
