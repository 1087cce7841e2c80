// Where to listen, as text and as data.

import { normalized } from './paths.js';

export type Listen =
  /** `mode`: permission bits of the socket; `gid`: its group, that of the process unless said */
  | {
      readonly kind: 'unix';
      readonly path: string;
      readonly mode: number;
      readonly gid?: number;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'fd'; readonly fd: number };

/** What `parseListen` reads, in words. FastCGI has no protection of its own: no remote addresses. */
export const LISTEN_FORMS =
  'unix:/path of at most 107 bytes, a loopback address such as 127.0.0.1:9000, or fd:0';

/** sun_path holds 108 bytes, the closing NUL included (unix(7)). */
const MAX_UNIX_PATH_BYTES = 107;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|::1)$/;

/**
 * `unix:/path`, `127.0.0.1:9000`, `tcp:localhost:9000`, `[::1]:9000`, `fd:0`; undefined for all else.
 * @param mode of a unix socket
 * @param gid of a unix socket
 */
export function parseListen(text: string, mode = 0o660, gid?: number): Listen | undefined {
  const [, kind, rest = ''] = /^(unix|fd):(.*)$/.exec(text) ?? [];
  if (kind === 'unix') {
    const fits = rest.startsWith('/') && Buffer.byteLength(rest) <= MAX_UNIX_PATH_BYTES;
    return fits ? { kind, path: rest, mode, ...(gid === undefined ? {} : { gid }) } : undefined;
  }
  if (kind === 'fd') return /^\d{1,4}$/.test(rest) ? { kind, fd: Number(rest) } : undefined;
  const tcp = /^(?:tcp:)?(?:\[([0-9a-fA-F:]+)\]|([\w.]+)):(\d{1,5})$/.exec(text);
  const host = tcp?.[1] ?? tcp?.[2] ?? '';
  const port = Number(tcp?.[3]);
  return LOOPBACK.test(host) && port <= 65_535 ? { kind: 'tcp', host, port } : undefined;
}

/** `unix:/run/a.sock`, `fd:3`, `127.0.0.1:9000`; the same for the same socket. */
export function addressOf(target: Listen): string {
  switch (target.kind) {
    case 'unix':
      return `unix:${normalized(target.path) ?? target.path}`;
    case 'fd':
      return `fd:${target.fd}`;
    case 'tcp':
      return `${target.host === 'localhost' ? '127.0.0.1' : target.host}:${target.port}`;
  }
}
