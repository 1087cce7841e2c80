// Requests in parallel while something happens to the server.

import { EventEmitter, once } from 'node:events';
import { ask } from './bed.js';
import type { Httpd } from '../../apache/httpd.js';

export interface Load {
  readonly parallel: number;
  readonly answered: number;
  /** Requests that got anything but 200. */
  readonly failed: number;
}

const PARALLEL = 8;
/** Requests before the event, and after it, at least. */
const AROUND = 100;

/** Keeps asking for `url`, lets `event` happen in the midst of it, and counts. */
export async function underLoad(
  httpd: Httpd,
  url: string,
  event: () => Promise<unknown>,
): Promise<Load> {
  let answered = 0;
  let failed = 0;
  let enough = Infinity;
  const warm = new EventEmitter();
  const isWarm = once(warm, 'warm');
  const client = async (): Promise<void> => {
    while (answered + failed < enough) {
      const ok = await ask(httpd, url).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (ok) answered += 1;
      else failed += 1;
      if (answered + failed >= AROUND) warm.emit('warm');
    }
  };
  const clients = Array.from({ length: PARALLEL }, client);
  await isWarm;
  await event();
  enough = answered + failed + AROUND;
  await Promise.all(clients);
  return { parallel: PARALLEL, answered, failed };
}
