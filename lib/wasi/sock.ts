// sock_accept, sock_recv, sock_send, sock_shutdown: a guest has no sockets, so no fd is one.

import { Fault } from './errno.js';
import type { Guest } from './guest.js';

function refuse(guest: Guest, fd: number): void {
  guest.fds.get(fd);
  throw new Fault('ENOTSOCK');
}

export const sockCalls = {
  sock_accept: refuse,
  sock_recv: refuse,
  sock_send: refuse,
  sock_shutdown: refuse,
};
