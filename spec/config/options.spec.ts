// The table of options, and what is made from it.

import { expect } from 'chai';
import { commandLineOptions } from '../../lib/config/flags.js';
import { parseListen } from '../../lib/config/listen.js';
import { checkedTable, OPTIONS } from '../../lib/config/options.js';
import { optionReference } from '../../lib/config/reference.js';

describe('the option table', () => {
  const row = { name: 'a', type: 'integer', description: 'x' } as const;

  it('refuses a row without description', () => {
    expect(() => checkedTable([{ ...row, description: ' ' }])).to.throw(
      'option a has no description',
    );
  });
  it('refuses a default that the option itself would refuse', () => {
    expect(() => checkedTable([{ ...row, default: 'x' }])).to.throw('option a cannot default to x');
  });
  it('refuses a name twice', () =>
    expect(() => checkedTable([row, row])).to.throw('option a is there twice'));

  it('describes every option in whole sentences', () => {
    for (const { name, description } of OPTIONS) expect(description, name).to.match(/^[A-Z].*[.]$/);
  });

  it('gives yargs every option as text, flags apart', () => {
    const options = commandLineOptions();
    expect(Object.keys(options)).to.deep.equal(OPTIONS.map(({ name }) => name));
    expect(options['listen']).to.include({ type: 'string', array: true, nargs: 1 });
    expect(options['allow-unsigned']).to.include({ type: 'string' }).and.not.have.property('nargs');
    expect(options['timeout']).to.include({ type: 'string', defaultDescription: '30s' });
  });

  it('is the reference, a line an option, with what is accepted and the default', () => {
    const text = optionReference();
    for (const { name } of OPTIONS)
      expect(
        text.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`)),
        name,
      ).to.have.length(1);
    expect(text).to.include('| `timeout` | 1ms..1h | 30s | Wall time');
    expect(text.match(/^### .*$/gm)).to.have.members([
      '### [server]',
      '### [limits]',
      '### [trust]',
      '### Command line only',
      '### Limits, and what passing one does',
    ]);
    expect(
      text
        .split('\n')
        .filter((line) => line.startsWith('|') && line.split(/(?<!\\)\|/).length !== 6),
    ).to.deep.equal([]);
  });
});

describe('parseListen', () => {
  for (const [text, listen] of [
    ['unix:/run/a.sock', { kind: 'unix', path: '/run/a.sock', mode: 0o660 }],
    [`unix:/${'a'.repeat(106)}`, { kind: 'unix', path: `/${'a'.repeat(106)}`, mode: 0o660 }],
    ['127.0.0.1:9000', { kind: 'tcp', host: '127.0.0.1', port: 9000 }],
    ['tcp:localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
    ['fd:0', { kind: 'fd', fd: 0 }],
  ] as const) {
    it(`reads ${text.slice(0, 30)}`, () => expect(parseListen(text)).to.deep.equal(listen));
  }
  for (const text of [
    '',
    'fd:',
    'fd:-1',
    'fd:x',
    'unix:',
    'unix:a.sock',
    `unix:/${'a'.repeat(107)}`,
    ':9000',
    '9000',
    '127.0.0.1',
    '127.0.0.1:65536',
    '0.0.0.0:1',
    '[::]:1',
    '10.0.0.1:1',
    'example.org:1',
    '127.0.0.1.evil:1',
    'localhost.evil:1',
    '::1:1',
  ]) {
    it(`does not read ${JSON.stringify(text.slice(0, 30))}`, () =>
      expect(parseListen(text)).to.equal(undefined));
  }
});
