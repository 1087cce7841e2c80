import { expect } from 'chai';

import { createLog } from '../lib/log.js';
import { RequestLog } from '../lib/requestlog.js';

function collect(least: Parameters<typeof createLog>[1] = 'debug') {
  const lines: string[] = [];
  return { lines, log: createLog((line) => lines.push(line), least) };
}

describe('log', () => {
  const VALUES = [
    ['plain', 'plain'],
    ['/a/path.wasm', '/a/path.wasm'],
    [42, '42'],
    [true, 'true'],
    ['two words', '"two words"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ['line\nbreak', String.raw`"line\nbreak"`],
    ['\u001b[31mred', String.raw`"\u001b[31mred"`],
    ['\u0085\u2028', String.raw`"\u0085\u2028"`],
    ['', '""'],
  ] as const;
  for (const [value, written] of VALUES) {
    it(`writes ${JSON.stringify(value)} as ${written}`, () => {
      const { lines, log } = collect();
      log('info', 'event', { key: value });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z info event key=/);
      expect(lines[0]?.slice(lines[0].indexOf('key=') + 4)).to.equal(`${written}\n`);
    });
  }

  it('writes levels down to the least one, and no field that is undefined', () => {
    const { lines, log } = collect('warn');
    for (const level of ['error', 'warn', 'info', 'debug'] as const)
      log(level, level, { a: undefined });
    expect(lines.map((line) => line.slice(25))).to.deep.equal(['error error\n', 'warn warn\n']);
  });
});

describe('the log of a request', () => {
  const params = new Map([
    ['REQUEST_URI', '/a?b'],
    ['SERVER_NAME', 'host'],
    ['SERVER_PORT', '80'],
    ['UNIQUE_ID', 'abc'],
  ]);

  it('names request, URL, virtual host and module', () => {
    const { lines, log } = collect();
    const requestLog = new RequestLog(log, params);
    requestLog.module = '/m.wasm';
    requestLog.write('warn', 'event', { code: 1 });
    expect(lines[0]).to.match(
      / warn event request=abc url="\/a\?b" vhost=host:80 module=\/m.wasm code=1\n$/,
    );
  });

  it('makes lines of guest stderr, whatever its chunks', () => {
    const { lines, log } = collect();
    const requestLog = new RequestLog(log, params);
    for (const chunk of ['on', 'e\ntw', 'o\n\nthree']) requestLog.stderr(Buffer.from(chunk));
    requestLog.stderrEnded();
    requestLog.stderrEnded();
    expect(lines.map((line) => /text=(.*)\n/.exec(line)?.[1])).to.deep.equal([
      'one',
      'two',
      'three',
    ]);
  });

  for (const [length, expected] of [
    [4095, [4095]],
    [4096, [4096]],
    [4097, [4096, 1]],
    [10_000, [4096, 4096, 1808]],
  ] as const) {
    it(`cuts a line of ${length} bytes into ${expected.join(' + ')}`, () => {
      const { lines, log } = collect();
      const requestLog = new RequestLog(log, params);
      requestLog.stderr(Buffer.alloc(length, 'x'));
      requestLog.stderrEnded();
      expect(lines.map((line) => /text=(.*)\n/.exec(line)?.[1]?.length)).to.deep.equal(expected);
    });
  }
});
