// Durations and sizes are read as people write them, and strictly.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../lib/config/quantity.js';

describe('parseDuration', () => {
  for (const [text, ms] of [
    ['30', 30_000],
    ['30s', 30_000],
    ['30 s', 30_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['0', 0],
    ['007s', 7_000],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${ms} ms`, () => expect(parseDuration(text)).to.equal(ms));
  }
  for (const text of [
    '',
    's',
    '-1',
    '+1',
    '1.5s',
    '1e3',
    'ten',
    '1S',
    '1d',
    '1  s',
    '1s ',
    '0x10',
    '9007199254740992ms',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () =>
      expect(parseDuration(text)).to.equal(undefined));
  }
});

describe('parseSize', () => {
  for (const [text, bytes] of [
    ['65536', 65_536],
    ['1B', 1],
    ['64K', 65_536],
    ['64KiB', 65_536],
    ['256MiB', 268_435_456],
    ['64M', 67_108_864],
    ['4GiB', 4_294_967_296],
    ['1 G', 1_073_741_824],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${bytes} bytes`, () =>
      expect(parseSize(text)).to.equal(bytes));
  }
  for (const text of ['', '1MB', '1kb', '1Mib', '-1', '1.5M', '8388608G']) {
    it(`does not read ${JSON.stringify(text)}`, () => expect(parseSize(text)).to.equal(undefined));
  }
});

describe('formatted quantities', () => {
  it('are read back as they were', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(parseDuration(formatDuration(value))).to.equal(value === 0 ? 0 : value);
        expect(parseSize(formatSize(value))).to.equal(value);
      }),
    );
  });
  it('are short', () => {
    expect([0, 1, 1500, 30_000, 90_000, 300_000].map(formatDuration).join(' ')).to.equal(
      '0 1ms 1500ms 30s 90s 5m',
    );
    expect([0, 1, 65_536, 268_435_456].map(formatSize).join(' ')).to.equal('0 1B 64KiB 256MiB');
  });
});
