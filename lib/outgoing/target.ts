// Whom a guest asks: its words checked and in one form, and what the rules say of them.

import { isIP } from 'node:net';

import type { OutgoingQuestion } from '../channel/outgoing.js';
import type { HostRule } from '../run.js';
import { REACHES, type Reach } from './addresses.js';

export interface Target {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower case; an address in its shortest form, without brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  readonly path: string;
  /** The Host header. */
  readonly authority: string;
}

/** A user name has no place in it, nor has anything else that a URL could be misread for. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/;
/** RFC 9110 4.1: no blank, no fragment, nothing that is not ASCII. */
const PATH = /^\/[!"$-~]*$/;

/** @returns what is wrong with it, where something is */
export function targetOf(question: OutgoingQuestion): Target | string {
  const { method, scheme, authority, pathWithQuery: path } = question;
  if (scheme !== 'http' && scheme !== 'https') return 'the scheme is neither http nor https';
  if (authority.includes('@')) return 'there is a user name in it';
  if (!AUTHORITY.test(authority)) return 'the authority is no host and port';
  if (!PATH.test(path)) return 'the path does not begin with / or has other characters than a URL';
  if (!URL.canParse(`${scheme}://${authority}`)) return 'the authority is no host and port';
  const url = new URL(`${scheme}://${authority}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? { http: 80, https: 443 }[scheme] : Number(url.port);
  if (port === 0) return 'the port is 0';
  return { method, scheme, host, isAddress: isIP(host) !== 0, port, path, authority: url.host };
}

/** How far the rules let a request go; undefined: nowhere. */
export function reachFor(rules: readonly HostRule[], target: Target): Reach | undefined {
  return REACHES[Math.max(...rules.map((rule) => rank(rule, target)), -1)];
}

/** By place in REACHES; -1 where the rule says nothing of this target. */
function rank(rule: HostRule, target: Target): number {
  if (!matches(rule, target)) return -1;
  const own = REACHES.indexOf(ownReach(rule, target));
  if (rule.within === undefined) return own;
  return Math.min(own, Math.max(...rule.within.map((one) => rank(one, target)), -1));
}

function ownReach({ host, isPrivate = false }: HostRule, target: Target): Reach {
  if (target.isAddress && host === target.host) return 'any';
  return isPrivate ? 'private' : 'public';
}

function matches({ scheme, host, port, methods }: HostRule, target: Target): boolean {
  if (scheme !== target.scheme || (port !== undefined && port !== target.port)) return false;
  if (methods !== undefined && !methods.includes(target.method)) return false;
  if (host === '*' || host === target.host) return true;
  return host.startsWith('*.') && !target.isAddress && target.host.endsWith(host.slice(1));
}

/** For the log: without the query, where secrets are. */
export function shownTarget({ scheme, authority, path }: Target): string {
  const [plain = '', query] = path.split('?', 2);
  return `${scheme}://${authority}${plain.slice(0, 500)}${query === undefined ? '' : '?…'}`;
}
