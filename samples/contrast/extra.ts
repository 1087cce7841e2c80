// contrast on demand: its compiler is installed once, and the component made once for each source.

import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

import type { Extra } from '../extra.js';
import { getComponent } from './build.js';
import { sample } from './sample.js';

export const extra: Extra = {
  sample,
  usage: ['a component of JavaScript: built once by jco componentize, 130 MB'],
  get: getComponent,
  stage(component, _folder, to) {
    const file = path.join(to, 'contrast.wasm');
    mkdirSync(to);
    copyFileSync(component, file);
    // Whatever the umask was.
    chmodSync(to, 0o755);
    chmodSync(file, 0o644);
  },
};
