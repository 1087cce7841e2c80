// What is signed, and when a signature is right.

import { expect } from 'chai';
import { RequestError } from '../../lib/errors.js';
import { authorityOf, canonicalMessage, isSignature, sign } from '../../lib/config/signature.js';

const messageOf = (params: Record<string, string>) =>
  canonicalMessage(authorityOf(new Map(Object.entries(params)))).toString('latin1');

describe('sign', () => {
  // RFC 2202 section 3
  for (const [key, message, digest] of [
    [Buffer.alloc(20, 0x0b), Buffer.from('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [
      Buffer.from('Jefe'),
      Buffer.from('what do ya want for nothing?'),
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    ],
    [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    [
      Buffer.from('0102030405060708090a0b0c0d0e0f10111213141516171819', 'hex'),
      Buffer.alloc(50, 0xcd),
      '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
    ],
    [
      Buffer.alloc(20, 0x0c),
      Buffer.from('Test With Truncation'),
      '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04',
    ],
    [
      Buffer.alloc(80, 0xaa),
      Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
      'aa4ae5e15272d00e95705637ce8a3b55ed402112',
    ],
    [
      Buffer.alloc(80, 0xaa),
      Buffer.from('Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data'),
      'e8e99d0f45237d786d6bbaa7965c7808bbff1a91',
    ],
  ] as const) {
    it(`is HMAC-SHA1 of RFC 2202: ${digest.slice(0, 8)}`, () => {
      expect(sign(message, key)).to.equal(digest);
      expect(isSignature(digest, message, key)).to.equal(true);
    });
  }
});

describe('isSignature', () => {
  const text = Buffer.from('m');
  const key = Buffer.from('k');
  const right = sign(text, key);
  for (const wrong of [
    '',
    right.slice(1),
    `${right}0`,
    right.toUpperCase(),
    `${right.slice(0, -1)}g`,
    right.replace(/./g, '0'),
    `${right.slice(0, 39)}\u0430`,
  ]) {
    it(`is not ${JSON.stringify(wrong)}`, () =>
      expect(isSignature(wrong, text, key)).to.equal(false));
  }
});

describe('canonicalMessage', () => {
  it('is name, =, value, NUL, sorted by the bytes of the name', () => {
    expect(messageOf({ WASM_B: '2', WASM_A_: '', WASM_A: '\xff\n', WASM_A1: '=' })).to.equal(
      'WASM_A=\xff\n\0WASM_A1==\0WASM_A_=\0WASM_B=2\0',
    );
  });
  it('covers WASM_* alone, without the signature and the file of the request', () => {
    expect(
      messageOf({
        PATH: 'x',
        wasm_a: 'x',
        WASM_SIGNATURE: 'x',
        WASM_SCRIPT_FILENAME: 'x',
        WASM_X: '1',
      }),
    ).to.equal('WASM_X=1\0');
  });

  for (const [name, value] of [
    ['WASM_A=B', 'c'],
    ['WASM_A\0', ''],
    ['WASM_a', ''],
    ['WASM_', ''],
    ['WASM_A', 'b\0c'],
  ] as const) {
    it(`refuses ${JSON.stringify([name, value])}, which could be read as something else`, () => {
      expect(() => messageOf({ [name]: value }))
        .to.throw(RequestError)
        .with.property('code', 'FORGED');
    });
  }
});
