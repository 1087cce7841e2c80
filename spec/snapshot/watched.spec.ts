import { expect } from 'chai';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSnapshot } from '../../lib/snapshot/builder.js';
import { MOST_LEVELS, MOST_WATCHED, TOO_MANY, watchedStates } from '../../lib/snapshot/watched.js';
import { programOf } from './guests.js';

const deep = (levels: number): string => Array<string>(levels).fill('d').join('/');
const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('what a snapshot watches', () => {
  let top: string;
  let app: string;
  let outside: string;
  const stateOf = (path = app, below?: string): string => {
    const watched = below === undefined ? { path } : { path, below };
    return watchedStates([watched])[0]?.state ?? '';
  };

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'watched-'));
    app = join(top, 'app');
    outside = join(top, 'outside');
    mkdirSync(join(app, 'a/b'), { recursive: true });
    mkdirSync(outside);
    for (const file of ['app/one', 'app/a/two', 'app/a/b/three', 'outside/secret'])
      writeFileSync(join(top, file), 'old');
  });
  afterEach(() => rmSync(top, { recursive: true }));

  const at = (name: string): string => join(app, name);
  const CHANGES: readonly (readonly [string, () => void])[] = [
    ['the content of a file in it', () => writeFileSync(at('one'), 'newer')],
    ['the content of a file far beneath', () => writeFileSync(at('a/b/three'), 'newer')],
    ['a file that is new', () => writeFileSync(at('a/b/four'), '')],
    ['a file that is gone', () => rmSync(at('a/two'))],
    ['a name', () => renameSync(at('a/two'), at('a/zwei'))],
    ['a directory that is new', () => mkdirSync(at('a/c'))],
    ['a symlink that is new', () => symlinkSync(outside, at('a/c'))],
    ['itself, which is gone', () => rmSync(app, { recursive: true })],
  ];
  for (const [what, change] of CHANGES) {
    it(`is changed by ${what}`, () => {
      const before = stateOf();
      expect(stateOf()).to.equal(before);
      change();
      expect(stateOf()).to.not.equal(before);
    });
  }

  it('may be a file, or nothing as yet', () => {
    expect(stateOf(at('restart.txt'))).to.equal('none');
    writeFileSync(at('restart.txt'), '');
    const first = stateOf(at('restart.txt'));
    expect(first).to.not.equal('none');
    writeFileSync(at('restart.txt'), 'now');
    expect(stateOf(at('restart.txt'))).to.not.equal(first);
  });

  it('ends at symlinks beneath it: what they lead to does not count', () => {
    symlinkSync(outside, at('a/out'));
    symlinkSync(join(outside, 'secret'), at('a/out-file'));
    symlinkSync('..', at('a/up'));
    const before = stateOf();
    writeFileSync(join(outside, 'secret'), 'newer');
    writeFileSync(join(outside, 'another'), '');
    expect(stateOf()).to.equal(before);
  });

  it('may be a symlink of the administrator, who exchanges it', () => {
    mkdirSync(join(top, 'release-2'));
    symlinkSync('app', join(top, 'current'));
    const path = join(top, 'current');
    const before = stateOf(path);
    writeFileSync(at('a/two'), 'newer');
    const after = stateOf(path);
    expect(after).to.not.equal(before);
    rmSync(path);
    symlinkSync('release-2', path);
    expect(stateOf(path)).to.not.equal(after);
  });

  describe('when a tenant named it', () => {
    const LINKS = [
      ['link', ''],
      ['link-file', 'secret'],
    ] as const;
    for (const [name, rest] of LINKS) {
      it(`is nothing where a symlink leads out: ${name}`, () => {
        symlinkSync(join('..', 'outside', rest), at(name));
        expect(stateOf(at(name), app)).to.equal('none');
        writeFileSync(join(outside, 'secret'), 'newer');
        expect(stateOf(at(name), app)).to.equal('none');
      });
    }

    it('is nothing behind a symlink that leads out', () => {
      symlinkSync('../outside', at('link'));
      expect(stateOf(at('link/secret'), app)).to.equal('none');
    });

    it('follows symlinks that stay beneath, as his programs do', () => {
      symlinkSync('a', at('link'));
      for (const path of [at('link'), at('link/two')]) {
        const before = stateOf(path, app);
        expect(before).to.not.equal('none');
        writeFileSync(at('a/two'), `newer${path}`);
        expect(stateOf(path, app)).to.not.equal(before);
      }
    });

    it('is the same as when the administrator did', () => {
      for (const path of [app, at('one'), at('a/b')])
        expect(stateOf(path, app)).to.equal(stateOf(path));
    });
  });

  it(`has up to ${MOST_WATCHED} files beneath it, all of one route together`, () => {
    const many = join(top, 'many');
    mkdirSync(many);
    const entries = readdirSync(app, { recursive: true }).length;
    const fill = (from: number, to: number): void => {
      for (let i = from; i < to; i += 1) writeFileSync(join(many, `${i}`), '');
    };
    fill(0, MOST_WATCHED - entries - 1);
    const both = (): string[] =>
      watchedStates([{ path: app }, { path: many }]).map(({ state }) => state);
    expect(both()).to.not.include(TOO_MANY);
    fill(MOST_WATCHED - entries - 1, MOST_WATCHED - entries);
    expect(both()).to.not.include(TOO_MANY);
    fill(MOST_WATCHED - entries, MOST_WATCHED - entries + 1);
    expect(both()).to.deep.equal([stateOf(), TOO_MANY]);
    expect(stateOf(many)).to.not.equal(TOO_MANY);
  });

  it(`has up to ${MOST_LEVELS} levels`, () => {
    for (const levels of [MOST_LEVELS - 2, MOST_LEVELS - 1]) {
      mkdirSync(join(app, deep(levels)), { recursive: true });
      expect(stateOf()).to.not.equal(TOO_MANY);
    }
    mkdirSync(join(app, deep(MOST_LEVELS)));
    expect(stateOf()).to.equal(TOO_MANY);
  });

  it('makes a snapshot refused when it is too much, and says what to do', async () => {
    const watched = [{ path: app, state: TOO_MANY }];
    const program = { ...programOf(), watched };
    const result = await buildSnapshot({ program, directory: join(top, 'cache') });
    expect(result)
      .to.have.property('reason')
      .which.includes(`over ${MOST_WATCHED} files`)
      .and.includes(app);
    expect(result).to.have.property('change').which.includes('WasmSnapshotWatch');
  });

  it('leaves no descriptor open', () => {
    symlinkSync('../outside', at('link'));
    const before = descriptors();
    for (const path of [app, at('link'), at('none'), at('one')])
      for (const below of [undefined, app]) stateOf(path, below);
    expect(descriptors()).to.equal(before);
  });
});
