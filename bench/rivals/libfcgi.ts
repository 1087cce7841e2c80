// The native twin of a guest as a FastCGI responder: C, libfcgi, threads, kept connections.

import { existsSync } from 'node:fs';

import { costsOf } from '../measure/costs.js';
import { type Program, pathOf } from '../programs.js';
import type { Stage } from '../stage.js';
import { type Rival, type Running, reusedSocket, startResponder } from './rival.js';

const HEADER = '/usr/include/fcgiapp.h';

export const libfcgi: Rival = {
  name: 'libfcgi',
  missing: () => (existsSync(HEADER) ? undefined : 'libfcgi-dev is not installed'),
  async start(stage: Stage, program: Program): Promise<Running> {
    const socket = stage.at('run/libfcgi');
    const responder = await startResponder(
      [await stage.compile(program.name, true), socket],
      socket,
    );
    const files = `SetEnv FILES "${stage.at('files')}"`;
    return {
      config: reusedSocket(`/libfcgi/${pathOf(program)}`, socket, 'libfcgi', files),
      costs: async () => costsOf([responder.pid]),
      stop: responder.stop,
    };
  },
};
