// A thread that opens listening sockets and never returns to its event loop: so nobody accepts on them
// in this process, and what connects waits in their backlog for whichever process takes it.

import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';

import { messageOf } from '../errors.js';
import { type Answer, type Holding, type Order, TURN, socketDescriptors } from './holding.js';

const BACKLOG = 511;

// oxlint-disable-next-line no-unsafe-type-assertion -- only sockets.ts starts this file, with that
const { port, turn } = workerData as Holding;
const held = new Map<number, Server>();

for (;;) {
  Atomics.wait(turn, 0, TURN.asker);
  const order: Order = receiveMessageOnPort(port)?.message;
  port.postMessage(await carriedOut(order));
  Atomics.store(turn, 0, TURN.asker);
  Atomics.notify(turn, 0);
}

/** What it waits for comes before the event loop goes on, in the queue of `process.nextTick`. */
async function carriedOut(order: Order): Promise<Answer> {
  try {
    if ('listen' in order) return { fd: await opened(order.listen) };
    held.get(order.close)?.close();
    held.delete(order.close);
    return { fd: order.close };
  } catch (thrown) {
    return { fault: messageOf(thrown) };
  }
}

/** Whoever asked waits meanwhile, so that no other descriptor can have come. */
async function opened(where: { path: string } | { host: string; port: number }): Promise<number> {
  const before = socketDescriptors();
  const server = createServer();
  server.listen({ ...where, backlog: BACKLOG });
  await once(server, 'listening');
  const [fd, ...others] = [...socketDescriptors()].filter((one) => !before.has(one));
  if (fd === undefined || others.length > 0) throw new Error('its descriptor cannot be told');
  held.set(fd, server);
  return fd;
}
