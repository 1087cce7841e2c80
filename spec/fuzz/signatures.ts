// Signatures: one for each set of params, and no set passes for another.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { authorityOf, canonicalMessage, isSignature, sign } from '../../lib/config/signature.js';
import type { Property } from './property.js';

const name = fc
  .string({ unit: fc.constantFrom('A', 'B', '_', '0'), minLength: 1, maxLength: 3 })
  .map((text) => `WASM_${text}`);
const value = fc.string({ unit: fc.constantFrom('A', 'B', '=', '\n', 'WASM_'), maxLength: 3 });
const set = fc.dictionary(name, value, { maxKeys: 3 });
const KEY = Buffer.from('a key of the specs, of more than 32 characters');

const messageOf = (params: Record<string, string>): Buffer =>
  canonicalMessage(authorityOf(new Map(Object.entries(params))));
const sorted = (params: Record<string, string>): string =>
  JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));

export const signatures: readonly Property[] = [
  {
    holds: 'gives two sets of params the same message and signature only if they are the same',
    runs: 500,
    property: () =>
      fc.property(set, set, (one, other) => {
        const same = sorted(one) === sorted(other);
        expect(messageOf(one).equals(messageOf(other))).to.equal(same);
        expect(isSignature(sign(messageOf(one), KEY), messageOf(other), KEY)).to.equal(same);
      }),
  },
  {
    holds: 'takes no changed signature for the right one',
    runs: 500,
    property: () =>
      fc.property(
        set,
        fc.string({ unit: 'binary', maxLength: 50 }),
        fc.nat(40),
        (params, text, at) => {
          const right = sign(messageOf(params), KEY);
          const wrong = right.slice(0, at) + text;
          expect(isSignature(wrong, messageOf(params), KEY)).to.equal(wrong === right);
        },
      ),
  },
];
