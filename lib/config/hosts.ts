// WasmAllowHost: `[private] [GET,HEAD] https://api.example.org:8443`, to what it allows.

import type { HostRule } from '../run.js';

/** What is accepted, to end a sentence `… must be`. */
export const HOST_FORMS =
  '[private] [GET,HEAD,…] http[s]://HOST[:PORT], where HOST is a name, an address, *.NAME or *, and PORT a number or *';

const METHODS = /^[A-Z][A-Z-]{0,31}(?:,[A-Z][A-Z-]{0,31})*$/;
const ORIGIN = /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9*._-]+)(?::(\d{1,5}|\*))?\/?$/;
const NAME = /^(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*$/;
/** Its last label is a number, as no name's is. */
const IS_NUMERIC = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const DEFAULT_PORTS = { http: 80, https: 443 };

/** Undefined for what is none of HOST_FORMS. Without a port it is that of the scheme, without methods any. */
export function parseHostRule(text: string): HostRule | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  const origin = ORIGIN.exec(words.pop() ?? '');
  const isPrivate = words[0] === 'private';
  if (isPrivate) words.shift();
  const [methods, ...more] = words;
  const isWellFormed = more.length === 0 && (methods === undefined || METHODS.test(methods));
  if (origin === null || !isWellFormed) return undefined;
  const [, scheme, given = '', digits] = origin;
  const host = hostOf(given);
  if (host === undefined) return undefined;
  const plain = scheme === 'http' ? 'http' : 'https';
  const port = digits === undefined ? DEFAULT_PORTS[plain] : Number(digits);
  if (digits !== '*' && !(port >= 1 && port <= 65_535)) return undefined;
  return {
    scheme: plain,
    host,
    port: digits === '*' ? undefined : port,
    ...(methods === undefined ? {} : { methods: methods.split(',') }),
    ...(isPrivate ? { isPrivate } : {}),
  };
}

/** In the one form that requests are compared with. */
function hostOf(given: string): string | undefined {
  const host = given.toLowerCase();
  if (host === '*') return host;
  if (host.startsWith('[')) return hostnameOf(host)?.slice(1, -1);
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (!NAME.test(name) || name.length > 253) return undefined;
  // `127.1` and `0x7f000001` are addresses to some: only the four plain numbers do here.
  return !IS_NUMERIC.test(name) || (name === host && hostnameOf(name) === name) ? host : undefined;
}

/** As URLs have it: addresses in their shortest form. Undefined for what is none. */
function hostnameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}
