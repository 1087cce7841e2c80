;; Calls everything from its start function, before the server knows its memory or has begun the run.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "../outside/secret")
  (data (i32.const 128) "tried 3\nthrough 0\n")
  (global $errno (mut i32) (i32.const 0))
  (func $early
    ;; Nothing may be taken from a memory that is not bound yet.
    (if (i32.eqz (call $mkdir (i32.const 3) (i32.const 64) (i32.const 17))) (then unreachable))
    (if (i32.eqz (call $unlink (i32.const 3) (i32.const 64) (i32.const 17))) (then unreachable))
    (if (i32.eqz (call $random (i32.const 0) (i32.const 65536))) (then unreachable))
    ;; The preopen may be closed; the next run has its own.
    (drop (call $close (i32.const 3))))
  (start $early)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 128))
    (i32.store (i32.const 4) (i32.const 18))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
