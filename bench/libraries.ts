// What the application on Flask imports, for each Python that runs it: as Debian has it, compiled.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT, type Stage } from './stage.js';

const UNPACKED = join(ROOT, '.build-debian/usr/lib/python3/dist-packages');
const PACKAGES = ['flask', 'werkzeug', 'jinja2', 'markupsafe', 'itsdangerous', 'click'];
const PYTHON = '/usr/bin/python3';
const COMPILE = ['-m', 'compileall', '-q'];

/** @returns why it cannot be, in one line */
export async function stageFlask(stage: Stage): Promise<string | undefined> {
  if (existsSync(stage.at('libs'))) return undefined;
  const missing = PACKAGES.find((name) => !existsSync(join(UNPACKED, name)));
  if (missing !== undefined) return `${missing} is not there, which comes from Debian`;
  await mkdir(stage.at('libs'));
  for (const name of PACKAGES)
    await cp(join(UNPACKED, name), stage.at('libs', name), { recursive: true });
  const run = promisify(execFile);
  const [node = '', program = ''] = stage.command;
  const folders = [stage.at('libs'), stage.at('pages')];
  const maps = ['/libs', '/pages'].flatMap((guest, at) => ['--map-dir', guest, folders[at] ?? '']);
  const python = stage.at('langs/python.wasm');
  await run(node, [
    program,
    'run',
    '--timeout',
    '5min',
    ...maps,
    python,
    ...COMPILE,
    '/libs',
    '/pages',
  ]);
  if (existsSync(PYTHON)) await run(PYTHON, [...COMPILE, ...folders]);
  return undefined;
}
