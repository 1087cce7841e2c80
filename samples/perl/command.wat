;; The main function that the Perl of npm's @6over3/zeroperl-ts is short of: it is a library of functions for
;; JavaScript, and with this a command of WASI. Merged under the name of WASI, of which it replaces one call.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "perl" "memory" (memory 0))
  (import "perl" "_initialize" (func $initialize))
  (import "perl" "malloc" (func $malloc (param i32) (result i32)))
  (import "perl" "zeroperl_init_with_args" (func $run (param i32 i32) (result i32)))
  (import "perl" "zeroperl_reset" (func $take_apart (result i32)))

  (global $code (mut i32) (i32.const -1))

  (func (export "_start") (local $argc i32) (local $argv i32) (local $sizes i32)
    (call $initialize)
    (local.set $sizes (call $malloc (i32.const 8)))
    (drop (call $args_sizes_get (local.get $sizes) (i32.add (local.get $sizes) (i32.const 4))))
    (local.set $argc (i32.load (local.get $sizes)))
    (local.set $argv (call $malloc (i32.mul (i32.add (local.get $argc) (i32.const 1)) (i32.const 4))))
    (drop (call $args_get (local.get $argv) (call $malloc (i32.load offset=4 (local.get $sizes)))))
    (i32.store (i32.add (local.get $argv) (i32.mul (local.get $argc) (i32.const 4))) (i32.const 0))
    ;; Parses and runs as perl does: switches, script, arguments, END.
    (global.set $code (call $run (local.get $argc) (local.get $argv)))
    ;; Takes the objects apart, flushes what is open, and then would make a second interpreter.
    (drop (call $take_apart))
    (call $proc_exit (global.get $code)))

  ;; Where standard input stands. A new interpreter asks first of all: then the old one is no more.
  (func (export "fd_tell") (param $fd i32) (param $result i32) (result i32)
    (if (i32.and (i32.ge_s (global.get $code) (i32.const 0)) (i32.eqz (local.get $fd)))
      (then (call $proc_exit (global.get $code))))
    (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 1) (local.get $result))))
