// Would a module run here? The reasons against it, one line each.

import { resolve } from 'node:path';

import { RequestError } from '../lib/errors.js';
import type { ModuleCache } from '../lib/module/cache.js';
import { explainComponent } from '../lib/component/reasons.js';
import { prepareEngine } from '../lib/module/engine.js';
import { explain } from '../lib/module/reasons.js';
import type { Limits } from '../lib/run.js';
import { WasiHost } from '../lib/wasi/host.js';
import { Wasi2Host } from '../lib/wasi2/host.js';
import { byteString } from './bytes.js';

/** Empty when the module would run from `entryPoint`. */
export async function reasonsAgainst(
  file: string,
  entryPoint: string,
  modules: ModuleCache,
  limits: Limits,
): Promise<string[]> {
  prepareEngine();
  try {
    const loaded = await modules.get(byteString(resolve(file)), limits);
    const { module } = loaded;
    if (module instanceof WebAssembly.Module) return explain(loaded, entryPoint, provided(module));
    return explainComponent(module, entryPoint, new Wasi2Host());
  } catch (thrown) {
    if (thrown instanceof RequestError) return [thrown.message];
    throw thrown;
  }
}

const OUTGOING = /^wasi:http\/outgoing-handler@/;

/** Whether a module that would run asks others over HTTP, for which it needs a WasmAllowHost. */
export async function asksOthers(
  file: string,
  modules: ModuleCache,
  limits: Limits,
): Promise<boolean> {
  const { module } = await modules.get(byteString(resolve(file)), limits);
  if (module instanceof WebAssembly.Module) return false;
  return module.definition.some((one) => one.kind === 'import' && OUTGOING.test(one.name));
}

/** What the host gives this module, as `namespace.name`. */
function provided(module: WebAssembly.Module): Set<string> {
  const names = new Set<string>();
  for (const [namespace, functions] of Object.entries(new WasiHost().importsFor(module))) {
    for (const name of Object.keys(functions)) names.add(`${namespace}.${name}`);
  }
  return names;
}
