// The ini file: what it says, and where it is wrong.

import { expect } from 'chai';
import { parseIni } from '../../lib/config/ini.js';
import { OPTIONS } from '../../lib/config/options.js';

const read = (text: string) => {
  const { values, faults } = parseIni(text, 'f.ini');
  return { values: Object.fromEntries(values), faults };
};

describe('parseIni', () => {
  it('reads sections, comments, quotes, repeated options and any line end', () => {
    const text = [
      '; a comment',
      '# another',
      '',
      '[server] ; of course',
      'workers = 3 ; three',
      'listen = fd:0',
      'listen[] = "unix:/run/a;b.sock"',
      '  [limits]',
      'timeout=2m',
      'output = unlimited',
      '[trust]',
      'allow-unsigned = true',
      'module-root = /srv/a',
      "dir-root = '/srv/b c'",
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      expect(read(text.join(end))).to.deep.equal({
        values: {
          workers: [3],
          listen: ['fd:0', 'unix:/run/a;b.sock'],
          timeout: [120_000],
          output: [Infinity],
          'allow-unsigned': [true],
          'module-root': ['/srv/a'],
          'dir-root': ['/srv/b c'],
        },
        faults: [],
      });
    }
  });

  for (const [why, text, fault] of [
    [
      'a value of the wrong type',
      '[limits]\n\ntimeout = ten',
      'f.ini:3: [limits] timeout must be 1ms..1h, not "ten"',
    ],
    [
      'a value below the least',
      '[limits]\ntimeout = 0',
      'f.ini:2: [limits] timeout must be 1ms..1h, not "0"',
    ],
    [
      'a value above the most',
      '[limits]\ntimeout = 61m',
      'f.ini:2: [limits] timeout must be 1ms..1h, not "61m"',
    ],
    [
      'a value off the step',
      '[limits]\nmemory = 65537',
      'f.ini:2: [limits] memory must be 64KiB..4GiB in steps of 64KiB, not "65537"',
    ],
    [
      'an empty value',
      '[server]\nuser =',
      'f.ini:2: [server] user must be a text without control characters, not ""',
    ],
    ['an unknown option', '[server]\nworker = 3', 'f.ini:2: [server] has no option "worker"'],
    [
      'an option of another section',
      '[server]\ntimeout = 3',
      'f.ini:2: timeout belongs in [limits], not [server]',
    ],
    [
      'an option of the command line',
      '[trust]\nkey-fd = 3',
      'f.ini:2: key-fd can be given on the command line only',
    ],
    [
      'an unknown section, once',
      '[route]\na = b\nc = d',
      'f.ini:1: unknown section [route], there are [server], [limits], [trust], [pool NAME]',
    ],
    [
      'a nested section',
      '[server.x]\nuser = a',
      'f.ini:1: unknown section [server.x], there are [server], [limits], [trust], [pool NAME]',
    ],
    ['an option before any section', 'user = a', 'f.ini:1: user stands before any section'],
    [
      'a duplicate',
      '[server]\nuser = a\nuser = b',
      'f.ini:3: [server] user was given in line 2 already',
    ],
    [
      'a duplicate in a section continued',
      '[server]\nuser = a\n[limits]\n[server]\nuser = b',
      'f.ini:5: [server] user was given in line 2 already',
    ],
    ['a list of what is none', '[server]\nuser[] = a', 'f.ini:2: [server] has no option "user[]"'],
    ['a line that is nothing', '[server]\nuser', 'f.ini:2: neither [section] nor option = value'],
    ['a value without a name', '[server]\n= x', 'f.ini:2: neither [section] nor option = value'],
    [
      'a section with something behind it',
      '[server] x = 1',
      'f.ini:1: neither [section] nor option = value',
    ],
    ['a section that is not closed', '[server', 'f.ini:1: neither [section] nor option = value'],
    ['a prototype', '[server]\n__proto__ = x', 'f.ini:2: neither [section] nor option = value'],
    [
      'a prototype as section',
      '[__proto__]\nx = y',
      'f.ini:1: unknown section [__proto__], there are [server], [limits], [trust], [pool NAME]',
    ],
    [
      'JSON as a value',
      `[server]\nuser = '{"a":1}'`,
      'f.ini:2: neither [section] nor option = value',
    ],
    [
      'a relative path',
      '[trust]\nmodule-root = srv',
      'f.ini:2: [trust] module-root must be an absolute path without .., not "srv"',
    ],
    [
      'a climbing path',
      '[trust]\nmodule-root = /srv/..',
      'f.ini:2: [trust] module-root must be an absolute path without .., not "/srv/.."',
    ],
    [
      'a mode that is none',
      '[server]\nsocket-mode = 0888',
      'f.ini:2: [server] socket-mode must be an octal mode such as 0660, not "0888"',
    ],
    [
      'a level that is none',
      '[server]\nlog-level = loud',
      'f.ini:2: [server] log-level must be one of error, warn, info, debug, not "loud"',
    ],
    [
      'a flag that is none',
      '[trust]\nallow-unsigned = maybe',
      'f.ini:2: [trust] allow-unsigned must be on or off, not "maybe"',
    ],
    [
      'an address for all the world',
      '[server]\nlisten = 0.0.0.0:9000',
      'f.ini:2: [server] listen must be unix:/path of at most 107 bytes, a loopback address such as 127.0.0.1:9000, or fd:0, not "0.0.0.0:9000"',
    ],
  ] as const) {
    it(`names ${why}`, () => expect(read(text).faults).to.deep.equal([fault]));
  }

  it('reads pools: options of all three sections, in each once, with the line they begin at', () => {
    const text = [
      '[pool alice]',
      'listen = unix:/run/a',
      'workers = 3',
      'timeout = 2s',
      'key-file = /a',
      '[server]',
      'workers = 4',
      '[ pool  b-2_ ] ; another',
      'workers = 5',
    ].join('\n');
    const { pools, values, faults } = parseIni(text, 'f.ini');
    expect(faults).to.deep.equal([]);
    expect(Object.fromEntries(values)).to.deep.equal({ workers: [4] });
    expect([...pools.keys()]).to.deep.equal(['alice', 'b-2_']);
    expect([...pools.values()].map(({ line }) => line)).to.deep.equal([1, 8]);
    const [alice, b] = [...pools.values()].map((pool) => Object.fromEntries(pool.values));
    expect(b).to.deep.equal({ workers: [5] });
    expect(alice).to.deep.equal({
      listen: ['unix:/run/a'],
      workers: [3],
      timeout: [2_000],
      'key-file': ['/a'],
    });
  });

  const NAME = 'a name has 1 to 32 letters, digits, - and _, and starts with a letter or digit';
  for (const [section, fault] of [
    ['[pool]', `f.ini:1: [pool]: ${NAME}`],
    ['[pool .]', `f.ini:1: [pool .]: ${NAME}`],
    ['[pool a/b]', `f.ini:1: [pool a/b]: ${NAME}`],
    ['[pool a b]', `f.ini:1: [pool a b]: ${NAME}`],
    ['[pool -a]', `f.ini:1: [pool -a]: ${NAME}`],
    [`[pool ${'x'.repeat(33)}]`, `f.ini:1: [pool ${'x'.repeat(33)}]: ${NAME}`],
    [`[pool ${'x'.repeat(32)}]`, undefined],
    [
      '[pools]',
      'f.ini:1: unknown section [pools], there are [server], [limits], [trust], [pool NAME]',
    ],
    ['[pool a]\n[pool a]', 'f.ini:2: [pool a] was defined in line 1 already'],
    ['[pool a]\nworker = 1', 'f.ini:2: [pool a] has no option "worker"'],
    ['[pool a]\npid-file = /x', 'f.ini:2: pid-file belongs in [server], not [pool a]'],
    ['[pool a]\nkey-fd = 3', 'f.ini:2: key-fd can be given on the command line only'],
    ['[pool a]\nuser = a\nuser = b', 'f.ini:3: [pool a] user was given in line 2 already'],
    ['[pool a]\ntimeout = ten', 'f.ini:2: [pool a] timeout must be 1ms..1h, not "ten"'],
  ] as const) {
    it(`${fault === undefined ? 'takes' : 'refuses'} ${JSON.stringify(section)}`, () => {
      expect(read(section).faults).to.deep.equal(fault === undefined ? [] : [fault]);
    });
  }

  it('names all faults at once, in order', () => {
    expect(read('[server]\nworkers = 0\nx = 1\n[limits]\nstderr = a').faults).to.have.length(3);
  });

  it('gives every option back that is written down with its default', () => {
    for (const { name, section, default: text } of OPTIONS) {
      if (section === undefined || text === undefined) continue;
      const { values, faults } = parseIni(`[${section}]\n${name} = ${text}\n`, 'f');
      expect(faults).to.deep.equal([]);
      expect([...values.keys()]).to.deep.equal([name]);
    }
  });
});
