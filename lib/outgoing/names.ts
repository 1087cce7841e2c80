// Names to addresses, once, and whether these may be connected to.

import { lookup as systemLookup } from 'node:dns/promises';

import { REACHES, type Reach, reachOf } from './addresses.js';

/** An address that a name has. */
export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. */
export type Lookup = (name: string) => Promise<readonly FoundAddress[]>;

/** As every program of this machine finds names: /etc/hosts, then DNS. */
export const LOOKUP: Lookup = (name) => systemLookup(name, { all: true, verbatim: true });

/** @returns whether an address is no further than `reach` */
export function isWithin(reach: Reach, address: string): boolean {
  return REACHES.indexOf(reachOf(address)) <= REACHES.indexOf(reach);
}
