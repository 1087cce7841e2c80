// Compiles the TypeScript into dist/, from nothing, so that deleted files leave no ghost behind.

import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', root],
  {
    stdio: 'inherit',
  },
);
if (status === 0) chmodSync(`${root}dist/bin/wasm-fcgi.js`, 0o755);
process.exit(status ?? 1);
