// A guest that looks for the secrets of all requests before it, in all that it can see, then leaves its own
// in all that it can reach, and ends as it is told.

import { program } from './guests.js';

/** Bytes of which all secrets begin with the same eight, which are in no other place. */
export const SECRET_BYTES = 16;
/** How a request says `X`, how to end, and its secret. */
const SECRET_AT = 1_026;

/** What it looks at, each a bit of its answer; the first is one of memory. */
const LOOKS = [
  'a secret in memory',
  'a secret in the pages by which memory grows',
  'pages that are not zero',
  'the size of memory',
  'a global',
  'a local',
  'a table',
  'a passive segment',
  'data',
  'the number of descriptors',
  'the position of a file',
  'the flags of a file',
  'the rights of a directory',
] as const;
const bit = (look: (typeof LOOKS)[number]): number => 1 << LOOKS.indexOf(look);
/** Sets the bit where `isWrong`. */
const check = (look: (typeof LOOKS)[number], isWrong: string): string =>
  `(if ${isWrong} (then (local.set $found (i32.or (local.get $found) (i32.const ${bit(look)})))))`;

const OWN = `(i64.load (i32.const ${SECRET_AT + 8}))`;
const SIZE = '(i32.mul (memory.size) (i32.const 65536))';
const INITIAL_PAGES = 4;
/** stdio, the preopen, that of the request, the file of before, the request. */
const DESCRIPTORS = 7;

/** $secrets($from, $to): whether one begins there that is not its own. $zeros: whether all bytes are 0. */
const HELP = `
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $set_rights (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))`;
const FIELDS = `
  (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 2))
  (global $f (mut f32) (f32.const 3)) (global $d (export "shown") (mut f64) (f64.const 4))
  (type $number (func (result i32)))
  (table $table (export "table") 4 funcref) (elem (i32.const 0) $one $two)
  (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
  (data (i32.const 512) "file") (data $passive "passive!")
  (func $secrets (param $from i32) (param $to i32) (result i32)
    (local $mark i64)
    (local.set $mark (i64.load (i32.const ${SECRET_AT})))
    (local.set $to (i32.sub (local.get $to) (i32.const 15)))
    (loop $next
      (if (i64.eq (i64.load (local.get $from)) (local.get $mark)) (then
        (if (i64.ne (i64.load offset=8 (local.get $from)) ${OWN}) (then (return (i32.const 1))))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $to))))
    (i32.const 0))
  (func $zeros (param $from i32) (param $to i32) (result i32)
    (loop $next
      (if (i64.ne (i64.load (local.get $from)) (i64.const 0)) (then (return (i32.const 0))))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $to))))
    (i32.const 1))
  (func $open_count (result i32) (local $fd i32) (local $count i32)
    (loop $next
      (local.set $count (i32.add (local.get $count)
        (i32.eqz (call $fdstat (local.get $fd) (i32.const 9000)))))
      (br_if $next (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 100))))
    (local.get $count))
  (func $copy_passive (memory.init $passive (i32.const 9100) (i32.const 0) (i32.const 8)))
  (func $deep (call $deep))
  (func $fill (param $from i32) (param $to i32)
    (loop $next
      (i64.store (local.get $from) (i64.load (i32.const ${SECRET_AT})))
      (i64.store offset=8 (local.get $from) ${OWN})
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $to)))))
  (func $open (param $name i32) (param $length i32) (param $directory i32)
    (drop (call $path_open (local.get $directory) (i32.const 0) (local.get $name) (local.get $length)
      (i32.const 0) (i64.const 10) (i64.const 0) (i32.const 0) (i32.const 8200))))`;

/** Of the file, and of its directory: not those that they have where nobody says so. NONBLOCK; PATH_OPEN and FD_READDIR; FD_READ, FD_SEEK and
 * FD_FDSTAT_SET_FLAGS. */
const FLAGS = 4;
const RIGHTS = 0x6000;
const INHERITING = 14;

/** Opens the file, reads two bytes of it, sets all that, and closes the second directory. What it needs for that is zeros again: no picture begins with it. */
const BEFORE = `(call $open (i32.const 512) (i32.const 4) (i32.const 3))
  (global.set $count (i32.load (i32.const 8200)))
  (i32.store (i32.const 0) (i32.const 8208)) (i32.store (i32.const 4) (i32.const 2))
  (drop (call $fd_read (global.get $count) (i32.const 0) (i32.const 1) (i32.const 8)))
  (drop (call $set_flags (global.get $count) (i32.const ${FLAGS})))
  (drop (call $set_rights (i32.const 3) (i64.const ${RIGHTS}) (i64.const ${INHERITING})))
  (drop (call $fd_close (i32.const 4)))
  (memory.fill (i32.const 0) (i32.const 0) (i32.const 16))`;
/** Far from the first bytes of memory. */
const CALLS = 10_000;

const HUNT = `
  ;; All that the host tells of a run is put into memory first.
  (drop (call $args (i32.const 20000) (i32.const 20100)))
  (drop (call $environ (i32.const 24000) (i32.const 26000)))
  ${check('a secret in memory', `(call $secrets (i32.const 0) ${SIZE})`)}
  ${check('the size of memory', `(i32.ne (memory.size) (i32.const ${INITIAL_PAGES}))`)}
  ${check('a global', '(i32.ne (global.get $i) (i32.const 1))')}
  ${check('a global', '(i64.ne (global.get $l) (i64.const 2))')}
  ${check('a global', '(f32.ne (global.get $f) (f32.const 3))')}
  ${check('a global', '(f64.ne (global.get $d) (f64.const 4))')}
  ${check('a local', '(i32.ne (local.get $kept) (i32.const 7))')}
  ${check('a table', '(i32.ne (call_indirect $table (type $number) (i32.const 0)) (i32.const 1))')}
  ${check('a table', '(i32.ne (call_indirect $table (type $number) (i32.const 1)) (i32.const 2))')}
  (call $copy_passive)
  ${check('a passive segment', '(i64.ne (i64.load (i32.const 9100)) (i64.const 0x2165766973736170))')}
  ${check('data', '(i32.ne (i32.load (i32.const 512)) (i32.const 0x656c6966))')}
  ${check('the number of descriptors', `(i32.ne (call $open_count) (i32.const ${DESCRIPTORS}))`)}
  (drop (call $tell (global.get $count) (i32.const 9200)))
  ${check('the position of a file', '(i64.ne (i64.load (i32.const 9200)) (i64.const 2))')}
  (drop (call $fdstat (global.get $count) (i32.const 9200)))
  ${check('the flags of a file', `(i32.ne (i32.load16_u (i32.const 9202)) (i32.const ${FLAGS}))`)}
  (drop (call $fdstat (i32.const 3) (i32.const 9200)))
  ${check('the rights of a directory', `(i64.ne (i64.load (i32.const 9208)) (i64.const ${RIGHTS}))`)}
  ${check('the rights of a directory', `(i64.ne (i64.load (i32.const 9216)) (i64.const ${INHERITING}))`)}
  (drop (memory.grow (i32.const 3)))
  ${check('a secret in the pages by which memory grows', `(call $secrets (i32.const ${INITIAL_PAGES * 65_536}) ${SIZE})`)}
  ${check('pages that are not zero', `(i32.eqz (call $zeros (i32.const ${INITIAL_PAGES * 65_536}) ${SIZE}))`)}
  (i32.store (i32.const 9300) (local.get $found))
  (call $write (i32.const 1) (i32.const 9300) (i32.const 4))
  (local.set $how (i32.load8_u (i32.const ${SECRET_AT - 1})))`;

const PLANT = `
  (global.set $i (i32.load (i32.const ${SECRET_AT + 8}))) (global.set $l ${OWN})
  (global.set $f (f32.reinterpret_i32 (global.get $i))) (global.set $d (f64.reinterpret_i64 (global.get $l)))
  (local.set $kept (global.get $i))
  (drop (call $seek (global.get $count) (i64.const 5) (i32.const 0) (i32.const 9200)))
  (drop (call $set_flags (global.get $count) (i32.const 1)))
  (drop (call $set_rights (i32.const 3) (i64.const 0x2000) (i64.const 2)))
  (loop $more
    (call $open (i32.const 512) (i32.const 4) (i32.const 3))
    (br_if $more (i32.lt_u (i32.load (i32.const 8200)) (i32.const 40))))
  (drop (call $renumber (global.get $count) (i32.const 2)))
  (drop (call $set_rights (i32.const 3) (i64.const 0) (i64.const 0)))
  (call $fill (i32.const 2048) ${SIZE})`;

/** By a letter of the request. */
const ENDINGS: Readonly<Record<string, string>> = {
  x: '(call $exit (i32.const 3))',
  t: 'unreachable',
  l: '(loop $ever (br $ever))',
  s: '(call $deep)',
  // To 44 pages, and to more than is kept.
  g: `(drop (memory.grow (i32.const 37))) (call $fill (i32.const 458752) ${SIZE})`,
  G: `(drop (memory.grow (i32.const 400))) (call $fill (i32.const 458752) ${SIZE})`,
  m: `(loop $more (br_if $more (i32.ne (memory.grow (i32.const 64)) (i32.const -1))))
      (call $fill (i32.const 458752) ${SIZE}) unreachable`,
  // Waits for a body, or for somebody to take what it says.
  b: `(i32.store (i32.const 0) (i32.const 9400)) (i32.store (i32.const 4) (i32.const 64))
      (loop $ever (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) (br $ever))`,
  o: '(loop $ever (call $write (i32.const 1) (i32.const 65536) (i32.const 65536)) (br $ever))',
};

export const HUNTER = program(
  `${HUNT} ${PLANT} ${Object.entries(ENDINGS)
    .map(([letter, end]) => {
      const is = `(i32.eq (local.get $how) (i32.const ${letter.charCodeAt(0)}))`;
      return `(if ${is} (then ${end}))`;
    })
    .join('\n')}
   (call $fill (i32.const 0) (i32.const 1024))`,
  BEFORE,
  FIELDS,
  5,
  CALLS,
)
  .replace('(memory (export', `${HELP} (memory (export`)
  .replace('(local $kept i32)', '(local $kept i32) (local $found i32) (local $how i32)');

/** The first variable of a request that ends so, with this secret. */
export function requestOf(how: string, secret: string): string {
  return `X${how}${secret}`;
}

/** What a guest says that it has found. */
export function foundIn(stdout: string): string[] {
  const bits = Buffer.from(stdout, 'latin1').readUInt32LE(0);
  return LOOKS.filter((_, index) => (bits & (1 << index)) !== 0);
}
