// wasi:cli: arguments, environment, exit, and stdin, stdout, stderr of one run.

import { NOW } from './pollable.js';
import type { Result } from './result.js';
import type { Run } from './run.js';
import type { InputStream, OutputStream } from './streams.js';
import type { ByteSink, ByteSource } from '../wasi/process.js';
import { GuestStop } from '../wasi/process.js';

/** Byte strings as text: what is no UTF-8 is replaced, for WASI 0.2 has no other strings. */
function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** What is read lies in memory of the stream's own until the next read: by then it is the guest's. */
export function inputOf(source: ByteSource): InputStream {
  let piece = new Uint8Array(0);
  return {
    pollable: { kind: 'input', source },
    read: (_run, most) => {
      if (source.available === 0) return source.ended ? undefined : new Uint8Array(0);
      const length = Math.min(most, source.available);
      if (piece.length < length) piece = new Uint8Array(length);
      return piece.subarray(0, length === 0 ? 0 : source.read(piece.subarray(0, length)));
    },
  };
}

function outputOf(sink: ByteSink): OutputStream {
  return {
    pollable: NOW,
    write: (_run, bytes) => sink.write(bytes),
    flush: () => sink.offer(),
  };
}

const environment = {
  name: 'wasi:cli/environment',
  text: `
    func get-environment -> list<tuple<string,string>>
    func get-arguments -> list<string>
    func initial-cwd -> option<string>
  `,
  functions: {
    'get-environment': ({ process }: Run) =>
      process.env.map((one) => {
        const equals = one.indexOf('=');
        return [textOf(one.slice(0, equals)), textOf(one.slice(equals + 1))];
      }),
    'get-arguments': ({ process }: Run) => process.args.map(textOf),
    'initial-cwd': () => undefined,
  },
};

const exit = {
  name: 'wasi:cli/exit',
  text: `
    func exit status:result
    func exit-with-code status-code:u8
  `,
  functions: {
    exit: (_run: Run, { tag }: Result<undefined, undefined>) => {
      throw new GuestStop({ kind: 'exit', code: tag === 'ok' ? 0 : 1 });
    },
    'exit-with-code': (_run: Run, code: number) => {
      throw new GuestStop({ kind: 'exit', code });
    },
  },
};

const stdin = {
  name: 'wasi:cli/stdin',
  text: `
    use wasi:io/streams input-stream
    func get-stdin -> input-stream
  `,
  functions: {
    // The body of a request is read through it, and through nothing else.
    'get-stdin': ({ http, process }: Run) =>
      http === undefined ? inputOf(process.stdin) : NOTHING,
  },
};

const NOTHING: InputStream = { pollable: NOW, read: () => undefined };

const stdout = {
  name: 'wasi:cli/stdout',
  text: `
    use wasi:io/streams output-stream
    func get-stdout -> output-stream
  `,
  functions: {
    // A handler answers by its response: what it prints is for the log.
    'get-stdout': ({ http, process }: Run) =>
      outputOf(http === undefined ? process.stdout : process.stderr),
  },
};

const stderr = {
  name: 'wasi:cli/stderr',
  text: `
    use wasi:io/streams output-stream
    func get-stderr -> output-stream
  `,
  functions: { 'get-stderr': ({ process }: Run) => outputOf(process.stderr) },
};

/** Nothing is a terminal. */
const terminals = (['input', 'output'] as const).map((kind) => ({
  name: `wasi:cli/terminal-${kind}`,
  text: `resource terminal-${kind}`,
  functions: {},
}));

const noTerminals = (['stdin', 'stdout', 'stderr'] as const).map((stream) => {
  const kind = stream === 'stdin' ? 'input' : 'output';
  return {
    name: `wasi:cli/terminal-${stream}`,
    text: `
      use wasi:cli/terminal-${kind} terminal-${kind}
      func get-terminal-${stream} -> option<terminal-${kind}>
    `,
    functions: { [`get-terminal-${stream}`]: () => undefined },
  };
});

export const cli = [environment, exit, stdin, stdout, stderr, ...terminals, ...noTerminals];
