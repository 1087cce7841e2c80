;; Catches whatever ends it, and goes on: what stops a run must stop it again at the next call.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "swallowed")
  (data (i32.const 1040) "request")
  (func (export "_start")
    ;; The request, behind its one preopen: what follows is done in each run from a snapshot.
    (drop (call $open (i32.const 4) (i32.const 0) (i32.const 1040) (i32.const 7) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1052)))
    (i32.store (i32.const 1056) (i32.const 1064))
    (i32.store (i32.const 1060) (i32.const 64))
    (drop (call $read (i32.load (i32.const 1052)) (i32.const 1056) (i32.const 1) (i32.const 1052)))
    (call $swallow))
  (func $swallow
    ;; A wait of an hour on the monotonic clock, ended by the deadline.
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (try
      (do (drop (call $poll (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 2048))))
      (catch_all))
    (loop $again
      (try
        (do (drop (call $mkdir (i32.const 3) (i32.const 1024) (i32.const 9))))
        (catch_all))
      (try (do (call $exit (i32.const 0))) (catch_all))
      (br $again))))
