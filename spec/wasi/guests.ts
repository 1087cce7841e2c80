// Guest programs: those in guests/, built from the C beside them, and those of other projects.
//   clang-14 --target=wasm32-wasi -O2 -Wl,--strip-all -o NAME.wasm NAME.c

import { readFileSync } from 'node:fs';

/** The program guests/<name>.wasm. Specs run from the package's root. */
export function guest(name: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(`spec/wasi/guests/${name}.wasm`));
}

/** A program from node_modules. */
export function program(path: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(`node_modules/${path}`));
}
