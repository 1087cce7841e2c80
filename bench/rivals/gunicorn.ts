// A native server for WSGI as Debian has it: gunicorn, its own processes, behind mod_proxy.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

import { ordinaryAccount } from '../../samples/account.js';
import { costsOf } from '../measure/costs.js';
import { type Program, pathOf } from '../programs.js';
import type { Stage } from '../stage.js';
import { type Rival, type Running, listening } from './rival.js';

const GUNICORN = '/usr/bin/gunicorn';
/** As many as wasm-fcgi has workers where there are two cores. */
const WORKERS = 4;

export const gunicorn: Rival = {
  name: 'gunicorn',
  missing: () => (existsSync(GUNICORN) ? undefined : `${GUNICORN} is not installed`),
  async start(stage: Stage, program: Program): Promise<Running> {
    const socket = stage.at('run/gunicorn');
    const file = stage.at('gunicorn.conf.py');
    const account = await ordinaryAccount();
    const user = account === undefined ? '' : `user = ${account.uid}\ngroup = ${account.gid}`;
    await writeFile(
      file,
      `bind = "unix:${socket}"
workers = ${WORKERS}
worker_tmp_dir = "${stage.at('run')}"
chdir = "${stage.at('pages')}"
pythonpath = "${stage.at('libs')}"
loglevel = "error"
${user}
def when_ready(server):
    print("ready", flush=True)
`,
    );
    const words = ['--config', file, `${program.name}:app`];
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn(GUNICORN, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const responder = await listening(child, child.stdout, 'SIGTERM');
    const path = `/gunicorn/${pathOf(program)}`;
    return {
      config: `
ProxyPass "${path}" "unix:${socket}|http://localhost"`,
      costs: async () => costsOf([responder.pid]),
      stop: responder.stop,
    };
  },
};
