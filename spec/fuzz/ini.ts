// The ini file: any text is read or refused, and what is read is what was written.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseIni } from '../../lib/config/ini.js';
import { parseOption, writeOption } from '../../lib/config/option.js';
import { OPTIONS } from '../../lib/config/options.js';
import type { Property } from './property.js';

const KNOWN = new Set(OPTIONS.map(({ name }) => name));
const SYNTAX = [
  '[server]',
  '[limits]',
  '[pool a]',
  '[pool ',
  '\n',
  '=',
  'timeout',
  'listen[]',
  '"',
  "'",
  ';',
  '[',
  ']',
];
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...SYNTAX, '__proto__', '\\', '\r', '\0', 'constructor'),
);

const inFile = OPTIONS.filter(({ section }) => section !== undefined);
/** Without what the syntax of the file takes for its own: white space around it, comments, quotes, lines. */
const plain = fc
  .oneof(
    fc.nat(2000).map(String),
    fc
      .tuple(fc.nat(2000), fc.constantFrom('s', 'ms', 'm', 'KiB', 'MiB'))
      .map((two) => two.join('')),
    fc.constantFrom('on', 'off', 'true', 'unlimited', '0660', 'info', '/srv/a', 'unix:/a', 'fd:0'),
    fc.stringMatching(/^[\w./:-]{1,20}$/),
  )
  .filter((text) => text.trim() === text);

export const ini: readonly Property[] = [
  {
    holds: 'takes any text without throwing, and gives values of its table only',
    runs: 500,
    property: () =>
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { values, pools, faults } = parseIni(pieces.join(''), 'f');
        const given = [values, ...[...pools.values()].map((pool) => pool.values)];
        for (const name of given.flatMap((one) => Array.from(one.keys())))
          expect(KNOWN.has(name)).to.equal(true);
        for (const fault of faults) expect(fault).to.match(/^f:\d+: /);
      }),
  },
  {
    holds: 'reads an option as the command line would, or names its line',
    runs: 500,
    property: () =>
      fc.property(fc.constantFrom(...inFile), plain, fc.nat(5), (row, text, above) => {
        const file = `${'\n'.repeat(above)}[${row.section ?? ''}]\n${row.name} = ${text}\n`;
        const { values, faults } = parseIni(file, 'f.ini');
        const parsed = parseOption(row, text);
        if ('value' in parsed) {
          expect(faults).to.deep.equal([]);
          expect(values.get(row.name)).to.deep.equal([parsed.value]);
          expect(parseOption(row, writeOption(row, parsed.value))).to.deep.equal(parsed);
        } else {
          expect(faults).to.have.length(1);
          expect(faults[0]).to.match(new RegExp(`^f.ini:${above + 2}: .*${row.name}`));
        }
      }),
  },
];
