// What a user would write without this project (bench/responders/node-fastcgi.mjs).

import { join } from 'node:path';

import { costsOf } from '../measure/costs.js';
import { type Program, pathOf } from '../programs.js';
import { ROOT, type Stage } from '../stage.js';
import { type Rival, type Running, startResponder } from './rival.js';

export const nodeFastcgi: Rival = {
  name: 'node-fastcgi',
  async start(stage: Stage, program: Program): Promise<Running> {
    const socket = stage.at('run/node-fastcgi');
    const entry = join(ROOT, 'bench/responders/node-fastcgi.mjs');
    const guest = stage.at('guests', `${program.name}.wasm`);
    const words = [process.execPath, '--no-warnings', entry, guest, socket];
    const responder = await startResponder(words, socket);
    return {
      // It loses requests on kept connections: a new one for each, as without enablereuse.
      config: `
<Location "/node-fastcgi/${pathOf(program)}">
    SetHandler "proxy:unix:${socket}|fcgi://node-fastcgi/"
</Location>`,
      costs: async () => costsOf([responder.pid]),
      stop: responder.stop,
    };
  },
};
