// wasi:config: what the configuration tells a program by WasmEnv, and nothing that the request says.

import { ok } from './result.js';
import type { Run } from './run.js';

type Pair = readonly [name: string, value: string];

/** The first entry of a name counts, as getenv has it. */
function pairs({ process }: Run): Pair[] {
  const found = new Map<string, string>();
  for (const one of process.env.slice(0, process.configured)) {
    const text = Buffer.from(one, 'latin1').toString('utf8');
    const equals = text.indexOf('=');
    const name = text.slice(0, equals);
    if (!found.has(name)) found.set(name, text.slice(equals + 1));
  }
  return [...found];
}

/** `runtime` is what drafts called it. */
export const config = ['store', 'runtime'].map((name) => ({
  name: `wasi:config/${name}`,
  text: `
    variant error upstream(string) io(string)
    func get key:string -> result<option<string>,error>
    func get-all -> result<list<tuple<string,string>>,error>
  `,
  functions: {
    get: (run: Run, key: string) => ok(pairs(run).find(([name]) => name === key)?.[1]),
    'get-all': (run: Run) => ok(pairs(run)),
  },
}));
