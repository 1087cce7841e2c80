;; Catches whatever ends it, and goes on: what stops a run must stop it again at the next call.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "swallowed")
  (func (export "_start")
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
