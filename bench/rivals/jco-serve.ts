// What runs components on Node.js otherwise: `jco serve`, behind httpd's own proxy for HTTP
// (bench/responders/jco-serve.mjs).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { costsOf } from '../measure/costs.js';
import { type Program, pathOf } from '../programs.js';
import { ROOT, type Stage } from '../stage.js';
import { type Rival, type Running, listening } from './rival.js';

export const jcoServe: Rival = {
  name: 'jco-serve',
  async start(stage: Stage, program: Program): Promise<Running> {
    const directory = stage.at('run', `jco-serve-${process.hrtime.bigint()}`);
    await mkdir(directory);
    const entry = join(ROOT, 'bench/responders/jco-serve.mjs');
    const words = [entry, stage.at('guests', `${program.name}.wasm`), directory];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = once(child.stdout, 'data');
    const responder = await listening(child, child.stdout);
    const port = Number(String((await said)[0]));
    const path = `/jco-serve/${pathOf(program)}`;
    return {
      config: `
<Location "${path}">
    ProxyPass "http://127.0.0.1:${port}${path}" enablereuse=on flushpackets=on
</Location>`,
      costs: async () => costsOf([responder.pid]),
      stop: responder.stop,
    };
  },
};
