// Our FastCGI server without Wasm: what the way to a guest costs, and what a thread adds.

import { join } from 'node:path';

import { costsOf } from '../measure/costs.js';
import { type Program, pathOf } from '../programs.js';
import { ROOT, type Stage } from '../stage.js';
import { type Rival, type Running, reusedSocket, startResponder } from './rival.js';

/** @param name `null`: the main thread answers; `echo`: a worker thread does */
function ownRival(name: 'null' | 'echo'): Rival {
  return {
    name,
    async start(stage: Stage, program: Program): Promise<Running> {
      const socket = stage.at('run', name);
      const entry = join(ROOT, 'dist/bench/responders/own.js');
      const responder = await startResponder([process.execPath, entry, name, socket], socket);
      return {
        config: reusedSocket(`/${name}/${pathOf(program)}`, socket, name),
        costs: async () => costsOf([responder.pid]),
        stop: responder.stop,
      };
    },
  };
}

export const nullResponder = ownRival('null');
export const echoResponder = ownRival('echo');
