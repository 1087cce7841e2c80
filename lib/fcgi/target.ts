// Where to listen: the checks before, and the names in messages.

import { isIPv4 } from 'node:net';
import { ConfigError } from '../errors.js';

export type ListenTarget =
  /** A listening socket that was inherited, as httpd and systemd hand it over. */
  | { readonly kind: 'fd'; readonly fd: number }
  /**
   * @property mode permission bits of the socket, for example 0o660
   * @property gid its group; that of the process unless said
   */
  | {
      readonly kind: 'unix';
      readonly path: string;
      readonly mode: number;
      readonly gid?: number;
    }
  /** @property allowRemote FastCGI has no authentication: without this only loopback is bound */
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly allowRemote?: boolean;
    };

/** Longest path that fits into `sun_path`; a longer one would be cut off silently. */
const MAX_PATH_BYTES = 107;

/** `fd:0`, `unix:/run/x.sock`, `tcp:127.0.0.1:9000`, `tcp:[::1]:9000` */
export function nameTarget(target: ListenTarget): string {
  if (target.kind === 'fd') return `fd:${target.fd}`;
  if (target.kind === 'unix') return `unix:${target.path}`;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `tcp:${host}:${target.port}`;
}

/** @throws ConfigError for a target that cannot or must not be bound */
export function checkTarget(target: ListenTarget): void {
  const name = nameTarget(target);
  if (target.kind === 'tcp' && target.allowRemote !== true && !isLoopback(target.host)) {
    throw new ConfigError([
      `${name}: address must be loopback (127.0.0.1, ::1, localhost) unless remote is allowed`,
    ]);
  }
  if (target.kind !== 'unix') return;
  const pathBytes = Buffer.byteLength(target.path);
  if (pathBytes > MAX_PATH_BYTES) {
    throw new ConfigError([
      `${name}: path must be at most ${MAX_PATH_BYTES} bytes, not ${pathBytes}`,
    ]);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
