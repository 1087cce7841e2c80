// What httpd says of a configuration: the lines that mod_wasm prints for `httpd -M -D DUMP_WASM`.

/** A line of the configuration, or of an .htaccess. */
export interface Line {
  readonly id: number;
  readonly directive: string;
  readonly file: string;
  readonly line: number;
  /** 1: stands in an .htaccess. */
  readonly tenant: number;
  /** Id of the server that it belongs to. */
  readonly server: string;
  /** The sections around it, from the inside out: `<Directory /srv>`. */
  readonly sections: readonly string[];
  readonly words: readonly string[];
  /** The absolute path that it names. */
  readonly path: string | null;
}

export interface Server {
  readonly id: string;
  readonly name: string | null;
  /** Where its <VirtualHost> begins; null for the main server. */
  readonly file: string | null;
  readonly line: number;
  readonly address: string | null;
  readonly port: number;
  readonly documentRoot: string | null;
  readonly timeoutMs: number;
  readonly mode: 'auto' | 'unix' | 'tcp' | 'balancer' | 'fcgid';
  /** Path, host:port or name of the balancer. */
  readonly target: string | null;
  readonly keyFile: string | null;
  /** 1: its sections use Wasm. */
  readonly used: number;
}

/** What mod_proxy has for a line with an `fcgi://` in it. */
export interface Worker {
  /** Id of the line. */
  readonly note: number;
  readonly url: string;
  readonly defined: number;
  readonly reuse: number;
  readonly flush: 'on' | 'auto' | 'off';
  readonly timeoutMs: number;
}

/** What becomes of a URL. */
export interface Outcome {
  readonly server: string;
  readonly uri: string;
  /** Other than 0: httpd answers this without asking a handler. */
  readonly status: number;
  /** Other than 0: what a visitor gets who may not enter. */
  readonly refused: number;
  readonly location: string | null;
  readonly file: string | null;
  readonly fileKind: 'file' | 'directory' | 'none' | 'other';
  readonly pathInfo: string | null;
  readonly handler: string | null;
  readonly type: string | null;
  readonly pool: string | null;
  readonly authType: string | null;
  readonly execCgi: number;
  readonly entryPoint: string | null;
  readonly module: string | null;
  /** [line, the line that overrides it or 0], in the order in which they apply. */
  readonly said: readonly (readonly [id: number, by: number])[];
  /** What mod_wasm would answer by itself; 0 when it hands the request on. */
  readonly answer?: number;
  readonly params: Readonly<Record<string, string | null>>;
}

interface HttpdProcess {
  /** Of these lines. */
  readonly format: number;
  readonly version: string;
  readonly user: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly serverRoot: string;
  readonly runtimeDirectory: string;
  readonly ports: readonly number[];
}

type Entry =
  | ({ readonly kind: 'note' } & Line)
  | ({ readonly kind: 'server' } & Server)
  | ({ readonly kind: 'worker' } & Worker)
  | ({ readonly kind: 'request' } & Outcome)
  | ({ readonly kind: 'process' } & HttpdProcess)
  | { readonly kind: 'fault'; readonly text: string }
  | { readonly kind: 'badUrl'; readonly text: string }
  | { readonly kind: 'unknown'; readonly directive: string; readonly place: string };

export interface Dump {
  /** Undefined when no mod_wasm answered. */
  readonly process?: HttpdProcess;
  /** By id, in the order of the configuration. */
  readonly lines: ReadonlyMap<number, Line>;
  /** By id; the main server first. */
  readonly servers: ReadonlyMap<string, Server>;
  readonly workers: readonly Worker[];
  readonly faults: readonly string[];
  /** Directives of modules that are not loaded, with file:line. */
  readonly unknown: readonly { readonly directive: string; readonly place: string }[];
  readonly outcome?: Outcome;
  readonly badUrl?: string;
  /** `wasm_module` and so on. */
  readonly modules: ReadonlySet<string>;
}

/** @param text standard output of `httpd -M -D DUMP_WASM` */
export function readDump(text: string): Dump {
  const rows = text.split('\n');
  const modules = rows.map((row) => /^ (\w+_module) \(\w+\)$/.exec(row)?.[1] ?? '');
  const entries = rows.filter((row) => /^\{.*\}$/.test(row)).map(entryOf);
  const of = <K extends Entry['kind']>(kind: K): (Entry & { kind: K })[] =>
    entries.filter((entry): entry is Entry & { kind: K } => entry.kind === kind);
  const [process] = of('process');
  const [outcome] = of('request');
  const [badUrl] = of('badUrl');
  return {
    ...(process && { process }),
    ...(outcome && { outcome }),
    ...(badUrl && { badUrl: badUrl.text }),
    lines: new Map(of('note').map((line) => [line.id, line])),
    servers: new Map(of('server').map((server) => [server.id, server])),
    workers: of('worker'),
    faults: of('fault').map((fault) => fault.text),
    unknown: of('unknown'),
    modules: new Set(modules.filter(Boolean)),
  };
}

function entryOf(row: string): Entry {
  const entry: Entry = JSON.parse(row);
  return entry;
}

/** `/etc/apache2/apache2.conf:12` */
export function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}

/** `<Directory /srv>`, `.htaccess` lines by their file alone, else `server config`. */
export function sectionOf(line: Line): string {
  if (line.sections.length > 0) return line.sections.join(' in ');
  return line.tenant === 1 ? '' : 'server config';
}

/** All lines of these directives. */
export function linesOf(dump: Dump, ...directives: readonly string[]): Line[] {
  return [...dump.lines.values()].filter(({ directive }) => directives.includes(directive));
}

/** What the configuration says of one server: its own last line, else that of the main server. */
export function lineFor(dump: Dump, directive: string, server: string): Line | undefined {
  const [main] = dump.servers.keys();
  const lines = linesOf(dump, directive);
  return (
    lines.findLast((line) => line.server === server) ??
    lines.findLast((line) => line.server === main)
  );
}

/** Whether two lines stand in the same section. */
export function areTogether(one: Line, other: Line): boolean {
  return one.server === other.server && one.sections.join('\n') === other.sections.join('\n');
}
