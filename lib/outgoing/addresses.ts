// What an address leads to: everybody's network, somebody's own, or nothing that a program should ask.

import { BlockList, isIPv4 } from 'node:net';

/**
 * Each with all before it.
 * - public: global unicast
 * - private: this machine, its networks, and those of its provider
 * - any: link-local, where clouds keep their metadata; multicast; reserved
 */
export const REACHES = ['public', 'private', 'any'] as const;
export type Reach = (typeof REACHES)[number];

/** RFC 1918, 1122 (loopback), 6598 (shared), 4193 and 4291 (loopback). */
const PRIVATE = listOf(
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
);

/** Metadata services that lie in private networks. */
const METADATA = listOf(['100.100.100.200', 32], ['fd00:ec2::254', 128], ['fd20:ce::254', 128]);

/** Of the rest, what the registries of special purpose addresses (RFC 6890) take from the public. */
const RESERVED = listOf(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Teredo, ORCHID and other protocols; documentation; 6to4, which has any IPv4 address inside.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
);

/** The only unicast addresses of IPv6 that are given to anybody; v4-mapped ones are not among them. */
const GLOBAL = listOf(['2000::', 3]);

/** @param address of either version, without brackets */
export function reachOf(address: string): Reach {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  // A BlockList finds v4-mapped addresses among those of version 4.
  if (address.toLowerCase().startsWith('::ffff:')) return 'any';
  const isIn = (list: BlockList): boolean => list.check(address, family);
  if (isIn(METADATA)) return 'any';
  if (isIn(PRIVATE)) return 'private';
  if (isIn(RESERVED)) return 'any';
  return family === 'ipv4' || isIn(GLOBAL) ? 'public' : 'any';
}

function listOf(...subnets: readonly (readonly [net: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIPv4(net) ? 'ipv4' : 'ipv6');
  return list;
}
