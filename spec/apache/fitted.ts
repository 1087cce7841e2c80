// Configuration as a page shows it, made to pass on this machine: its paths lead below a bed.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { configtest } from '../../apache/httpd.js';
import { EMPTY_MODULE, KEY } from './bed.js';
import type { Bed } from './bed.js';

/** What pages name of a system: all but the modules of httpd, which are loaded without lines. */
const PATHS = /(?<![\w.:/-])\/(?:srv|var\/www|opt|home|etc\/wasm-fcgi|usr\/local)(?:\/[\w.-]+)*/g;
const MODULES = [
  'proxy',
  'proxy_fcgi',
  'slotmem_shm',
  'lbmethod_byrequests',
  'proxy_balancer',
  'fcgid',
  'mime',
  'dir',
  'alias',
  'remoteip',
];

/**
 * Makes what the text names, and answers the text with the places where it is.
 * @throws Error of the file system
 */
export async function fitted(text: string, bed: Bed): Promise<string> {
  for (const [file] of text.matchAll(PATHS)) {
    const place = path.join('fitted', file);
    if (file.endsWith('.wasm')) await bed.write(place, EMPTY_MODULE);
    else if (/[./]key$/.test(file)) await bed.write(place, `${KEY}\n`, 0o600);
    else if (file.includes('/bin/')) await bed.write(place, '#!/bin/sh\n', 0o755);
    else if (!/\.\w+$/.test(file)) await mkdir(bed.at(place), { recursive: true });
  }
  const [root] = /^ *WasmRoot "?([^"\n]+)/m.exec(text)?.slice(1) ?? [];
  for (const [, name = ''] of text.matchAll(/^ *WasmModule "?(\w[\w.-]*\.wasm)/gm)) {
    await bed.write(path.join('fitted', root ?? '', name), EMPTY_MODULE);
  }
  return (
    text
      .replaceAll(PATHS, (file) => bed.at('fitted', file))
      // Its tenants are no users here; without root there are no others anyway.
      .replaceAll(/\b(user|group)=(?!#)\w+/g, (_, what) =>
        process.getuid?.() === 0 && what === 'user' ? 'user=nobody' : '',
      )
      .replaceAll(/^LoadModule.*$/gm, '')
  );
}

/** What configtest says of a part of a configuration; `Syntax OK` at its end when it is right. */
export async function tested(text: string, bed: Bed): Promise<string> {
  const config = await fitted(text, bed);
  const options = { modules: [...MODULES, `wasm=${bed.so}`], config };
  return (await configtest(options)).output;
}
