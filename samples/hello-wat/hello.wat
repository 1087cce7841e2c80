;; The smallest program that answers: one import, one call, no libc.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32)
      (result i32)))
  (memory (export "memory") 1)

  ;; At 0 one iovec: where the text is, and how long. At 8 the count of written bytes comes back.
  (data (i32.const 0) "\10\00\00\00\20\00\00\00")
  (data (i32.const 16) "Hello from WebAssembly, by hand\n")

  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
