// Components that somebody has damaged: refused by name, or run to an end that is no fault of ours.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestError } from '../../lib/errors.js';
import { Pool } from '../../lib/pool/pool.js';
import { LIMITS, runComponent } from '../component/toolkit.js';
import { change, changed } from './modules.js';
import type { Property } from './property.js';

const ROOT = join(import.meta.dirname, '../../..');
const REAL = ['samples/hello-component/hello.wasm', 'spec/component/adapted/times.wasm'].map(
  (name) => new Uint8Array(readFileSync(join(ROOT, name))),
);

export const components: readonly Property[] = [
  {
    holds: 'are refused, however damaged, or come to an end, and none of them to a fault of ours',
    runs: 300,
    property: (whenDone) => {
      const pool = new Pool({ workers: 2, queue: 4, queueTimeoutMs: 20_000, log: () => {} });
      whenDone(() => pool.close());
      return fc.asyncProperty(
        fc.constantFrom(...REAL),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (original, changes) => {
          const bytes = changed(original, changes);
          try {
            const limits = { timeoutMs: 500, memoryBytes: LIMITS.memoryBytes };
            const { outcome } = await runComponent(pool, bytes, { args: ['x', '1'] }, limits);
            expect(outcome.kind).to.be.oneOf(['exit', 'trap', 'link', 'unanswered', 'timeout']);
          } catch (thrown) {
            if (!(thrown instanceof RequestError && thrown.code.startsWith('MODULE_')))
              throw thrown;
          }
        },
      );
    },
  },
];
