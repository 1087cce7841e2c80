// WasmAllowHost: what it takes, and what that means.

import { expect } from 'chai';
import { parseHostRule } from '../../lib/config/hosts.js';
import { REFUSED, TAKEN } from './hostforms.js';

describe('WasmAllowHost', () => {
  for (const [text, rule] of TAKEN) {
    it(`takes ${text}`, () => expect(parseHostRule(text)).to.deep.equal(rule));
  }
  for (const text of REFUSED) {
    it(`does not take ${JSON.stringify(text)}`, () =>
      expect(parseHostRule(text)).to.equal(undefined));
  }
});
