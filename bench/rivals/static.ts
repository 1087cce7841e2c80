// The ceiling: a file that httpd sends itself.

import { truncate, writeFile } from 'node:fs/promises';

import { NO_COSTS } from '../measure/costs.js';
import { type Program, pathOf } from '../programs.js';
import { HELLO } from '../responders/answers.js';
import type { Stage } from '../stage.js';
import type { Rival, Running } from './rival.js';

export const staticFile: Rival = {
  name: 'static',
  async start(stage: Stage, program: Program): Promise<Running> {
    const file = stage.at('static', pathOf(program));
    await writeFile(file, HELLO);
    if (program.bytes !== undefined) await truncate(file, program.bytes);
    return {
      config: `Alias "/static" "${stage.at('static')}"`,
      costs: async () => NO_COSTS,
      stop: async () => {},
    };
  },
};
