// npm's Perl with the main function of samples/perl: made as the page says, and what it does is what perl does.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { perlCommand } from '../../samples/perl/command.js';
import { blocksOf } from '../docs/blocks.js';
import { type Ran, runGuest } from '../wasi/run.js';

const ROOT = join(import.meta.dirname, '../../..');

describe('Perl as a command', function () {
  this.timeout(120_000);
  let dir: string;
  let commands: string;
  let made: Buffer;
  let perl: WebAssembly.Module;

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'wasm-fcgi-perl-'));
    commands =
      blocksOf('docs/programs.md').find(({ text }) => text.includes('wasm-merge'))?.text ?? '';
    const [, ...words] = /^npx wasm-merge [^]*/m.exec(commands)?.[0].split(/[\\\s]+/) ?? [];
    expect(words.slice(-3)).to.deep.equal(['-o', 'perl.wasm', '']);
    const out = join(dir, 'perl.wasm');
    execFileSync('npx', [...words.slice(0, -2), out], { cwd: ROOT, stdio: 'pipe' });
    made = readFileSync(out);
    perl = new WebAssembly.Module(made);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** Runs a script that is in the directory `/app`, the one that it sees. */
  function run(script: string, args: readonly string[] = [], stdin = ''): Ran {
    writeFileSync(join(dir, 'script.pl'), script);
    return runGuest(perl, {
      args: ['perl', '/app/script.pl', ...args],
      env: ['QUERY_STRING=a=b', 'EMPTY='],
      preopens: [{ guest: '/app', host: dir, readOnly: false }],
      stdin,
    });
  }

  it('is made by the samples as by the page, of the same versions', () => {
    expect(readFileSync(perlCommand(ROOT)).equals(made)).to.equal(true);
    const { devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    const zeroperl = devDependencies['@6over3/zeroperl-ts'];
    expect(commands).to.include(
      `npm install @6over3/zeroperl-ts@${zeroperl} binaryen@${optionalDependencies.binaryen}\n`,
    );
  });

  it('sees arguments, environment, input and its own data', () => {
    const script = `use strict; use warnings; use JSON::PP;
      local $/;
      my @seen = ($0, [@ARGV], {%ENV}, scalar <STDIN>, scalar <DATA>, __FILE__, caller() ? 1 : 0);
      print JSON::PP->new->canonical->encode(\\@seen);
__DATA__
its data
`;
    const { stdout, stderr, code } = run(script, ['one', 'two words', ''], 'a\0body');
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    const file = '/app/script.pl';
    expect(JSON.parse(stdout)).to.deep.equal([
      file,
      ['one', 'two words', ''],
      { QUERY_STRING: 'a=b', EMPTY: '' },
      'a\0body',
      'its data\n',
      file,
      0,
    ]);
  });

  const ENDS: readonly (readonly [how: string, code: number, stdout: string, stderr: string])[] = [
    ['1;', 0, 'begun, END 0, DESTROY', ''],
    ['exit 3;', 3, 'begun, END 3, DESTROY', ''],
    ['exit 255;', 255, 'begun, END 255, DESTROY', ''],
    ['$! = 0; die "dead\\n";', 255, 'begun, END 255, DESTROY', 'dead\n'],
    ['END { $? = 7 }', 7, 'begun, END 7, DESTROY', ''],
  ];
  for (const [how, code, stdout, stderr] of ENDS) {
    it(`ends by ${how} with its code, END, DESTROY and all that it has printed`, () => {
      // An object that is there until the end, whose DESTROY needs Perl's own jumps.
      const script = `our $object = bless []; sub DESTROY { eval { die "x" }; print ", DESTROY" }
        END { print ", END $?" }
        open our $kept, '>', '/app/kept' or die; print $kept "kept";
        print "begun";\n${how}`;
      expect(run(script)).to.include({ code, stdout, stderr });
      expect(readFileSync(join(dir, 'kept'), 'utf8')).to.equal('kept');
    });
  }

  it('refuses a script that is none, and one that is not there', () => {
    const broken = run('print "a" print "b";');
    expect(broken).to.include({ code: 1, stdout: '' });
    expect(broken.stderr).to.match(/^syntax error at \/app\/script.pl line 1, near /);
    const none = runGuest(perl, { args: ['perl', '/none.pl'] });
    expect(none.stderr).to.equal('Can\'t open perl script "/none.pl": No such file or directory\n');
    expect(none.code).to.equal(1);
  });

  it('takes switches', () => {
    const { stdout } = runGuest(perl, { args: ['perl', '-v'] });
    expect(stdout).to.include('This is perl 5, version 42');
  });
});
