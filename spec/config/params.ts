// Makes params as the Apache module does, from directives.

import { authorityOf, canonicalMessage, sign } from '../../lib/config/signature.js';
import { LIMIT_ROWS } from '../../lib/config/limitrows.js';
import type { HostRule } from '../../lib/run.js';
import type { Directives } from '../../lib/config/directives.js';

export const KEY = Buffer.from('0123456789abcdef0123456789abcdef');

/** The params that say these directives (`timeoutMs` is short for its limit); the order of names is not that of the signature. */
export function paramsOf(
  directives: Partial<Directives> & { module: string; timeoutMs?: number },
): Map<string, string> {
  const params = new Map([['WASM_VERSION', '1']]);
  const put = (name: string, value: string | number | undefined) => {
    if (value !== undefined) params.set(name, String(value));
  };
  const count = (name: string, list: readonly unknown[]) =>
    put(name, list.length === 0 ? undefined : list.length);
  put('WASM_MODULE', directives.module);
  put('WASM_MODULE_BELOW', directives.moduleBelow);
  put('WASM_ENTRY_POINT', directives.entryPoint);
  put('WASM_CGI', directives.cgi === true ? 1 : 0);
  put('WASM_MAP_CGI_FILENAMES', directives.mapFileNames === true ? 1 : undefined);
  put('WASM_CONTENT_TYPE', directives.contentType);
  const limits = { timeoutMs: directives.timeoutMs, ...directives.limits };
  for (const [prefix, some] of [
    ['LIMIT', limits],
    ['LOWER', directives.lower ?? {}],
  ] as const) {
    for (const { name, limit, type } of LIMIT_ROWS) {
      const value = some[limit];
      const text = value === Infinity ? 'unlimited' : type === 'duration' ? `${value}ms` : value;
      const param = `WASM_${prefix}_${name.toUpperCase().replaceAll('-', '_')}`;
      put(param, value === undefined ? undefined : text);
    }
  }
  const { snapshot } = directives;
  if (snapshot !== undefined) {
    put('WASM_SNAPSHOT', 1);
    put('WASM_SNAPSHOT_MAX_AGE', `${snapshot.maxAgeMs}ms`);
    count('WASM_WATCH_COUNT', snapshot.watch);
    snapshot.watch.forEach(({ path, below }, i) => {
      put(`WASM_WATCH_${i}`, path);
      put(`WASM_WATCH_${i}_BELOW`, below);
    });
  }
  const { args = [], env = [], hosts = [], preopens = [] } = directives;
  count('WASM_ARG_COUNT', args);
  args.forEach((value, i) => put(`WASM_ARG_${i}`, value));
  count('WASM_ENV_COUNT', env);
  env.forEach(([name, value], i) => {
    put(`WASM_ENV_${i}_K`, name);
    put(`WASM_ENV_${i}_V`, value);
  });
  count('WASM_HOST_COUNT', hosts);
  hosts.forEach((rule, i) => {
    put(`WASM_HOST_${i}`, hostText(rule));
    put(`WASM_HOST_${i}_TENANT`, rule.isTenants === true ? 1 : undefined);
  });
  const dirs = preopens.filter(({ guest, host }) => guest === host);
  const maps = preopens.filter(({ guest, host }) => guest !== host);
  for (const [list, items] of [
    ['DIR', dirs],
    ['MAP', maps],
  ] as const) {
    count(`WASM_${list}_COUNT`, items);
    items.forEach(({ guest, host, readOnly, below }, i) => {
      if (list === 'MAP') put(`WASM_MAP_${i}_K`, guest);
      put(list === 'MAP' ? `WASM_MAP_${i}_V` : `WASM_DIR_${i}`, host);
      put(`WASM_${list}_${i}_RO`, readOnly ? 1 : undefined);
      put(`WASM_${list}_${i}_BELOW`, below);
    });
  }
  return params;
}

/** As WasmAllowHost takes it. */
function hostText({ scheme, host, port, methods = [], isPrivate = false }: HostRule): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const words = [
    isPrivate ? 'private' : '',
    methods.join(','),
    `${scheme}://${name}:${port ?? '*'}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** The same params, signed. */
export function signed(
  params: ReadonlyMap<string, string>,
  key: Buffer = KEY,
): Map<string, string> {
  return new Map([...params, ['WASM_SIGNATURE', sign(canonicalMessage(authorityOf(params)), key)]]);
}
