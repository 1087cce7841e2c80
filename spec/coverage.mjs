// Loaded before the specs by `npm test -- --coverage`: counts what worker threads run as well. They are
// given an environment of their own, without the variable by which Node.js knows where to write that.

import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const { Worker } = threads;
const { NODE_V8_COVERAGE } = process.env;

class CountedWorker extends Worker {
  constructor(file, options = {}) {
    const { env } = options;
    const isOwn = typeof env === 'object' && env !== null;
    super(file, isOwn ? { ...options, env: { ...env, NODE_V8_COVERAGE } } : options);
  }
}

threads.Worker = CountedWorker;
syncBuiltinESMExports();
