// One URL: where it leads, and which line decided each setting.

import { type Dump, type Line, type Outcome, placeOf, sectionOf } from './dump.js';
import { type Finding, finding, hint, textOf } from './finding.js';

export interface Decision {
  /** `WasmTimeout 10` */
  readonly setting: string;
  /** `file:line` */
  readonly place: string;
  readonly section: string;
  readonly overrides: readonly Omit<Decision, 'overrides'>[];
}

export interface Place {
  readonly url: string;
  /** The virtual host, and where it stands. */
  readonly server: string;
  /** The status that httpd answers by itself; 0 when a handler answers. */
  readonly status: number;
  /** What visitors get who may not enter; 0 where all may. */
  readonly refused: number;
  readonly location: string | null;
  /** Path of the URL after rewriting. */
  readonly uri: string;
  readonly file: string | null;
  readonly handler: string;
  readonly decidedBy: Decision | undefined;
  /** Who runs the program; undefined where none is run. */
  readonly target: string | undefined;
  readonly program: string | undefined;
  readonly settings: readonly Decision[];
  /** What httpd logged meanwhile. */
  readonly said: readonly string[];
}

const SHOWN_TOO = new Set(['CGIPassAuth', 'LimitRequestBody', 'ProxyFCGISetEnvIf']);
const NOT_SHOWN = new Set(['WasmRoot', 'WasmPool', 'WasmCommand']);

export function placeFor(url: string, dump: Dump, outcome: Outcome, said: string[]): Place {
  const deciding = decidingLine(dump, outcome);
  const runs = outcome.answer === 0 && outcome.params['WASM_MODULE'] !== undefined;
  return {
    url,
    server: serverText(dump, outcome.server),
    status: outcome.status,
    refused: outcome.refused,
    location: outcome.location,
    uri: outcome.uri,
    file: outcome.file,
    // Without one, httpd looks for a handler by the name of the type.
    handler: outcome.handler === outcome.type ? '' : (outcome.handler ?? ''),
    decidedBy: deciding && decisionOf(dump, outcome, deciding),
    target: runs ? targetText(dump, outcome) : undefined,
    program: runs ? (outcome.params['WASM_MODULE'] ?? undefined) : undefined,
    settings: linesInForce(dump, outcome)
      .filter(({ directive }) => isShown(directive))
      .map((line) => decisionOf(dump, outcome, line)),
    said,
  };
}

function isShown(directive: string): boolean {
  return SHOWN_TOO.has(directive) || (directive.startsWith('Wasm') && !NOT_SHOWN.has(directive));
}

function linesInForce({ lines }: Dump, { said }: Outcome): Line[] {
  return said.flatMap(([id, by]) => (by === 0 ? (lines.get(id) ?? []) : []));
}

function decisionOf(dump: Dump, outcome: Outcome, line: Line): Decision {
  const overrides = overridden(outcome, line.id).flatMap((id) => dump.lines.get(id) ?? []);
  return { ...plain(line), overrides: overrides.map(plain) };
}

function plain(line: Line): Omit<Decision, 'overrides'> {
  return { setting: textOf(line), place: placeOf(line), section: sectionOf(line) };
}

/** The lines that one overrides, and those that they would. */
function overridden(outcome: Outcome, id: number): number[] {
  const direct = outcome.said.filter(([, by]) => by === id).map(([first]) => first);
  return [...direct.flatMap((each) => overridden(outcome, each)), ...direct];
}

/** The line that chose the handler, as far as a line did. */
function decidingLine(dump: Dump, outcome: Outcome): Line | undefined {
  const { handler, file, uri } = outcome;
  const lines = linesInForce(dump, outcome).toReversed();
  const set = lines.find(
    ({ directive, words }) => directive === 'SetHandler' && words[0] === handler,
  );
  if (set !== undefined) return set;
  const extensions = (file ?? '').split('/').at(-1)?.toLowerCase().split('.').slice(1) ?? [];
  const added = lines.find(
    ({ directive, words }) =>
      directive === 'AddHandler' &&
      words[0]?.toLowerCase() === handler &&
      words.slice(1).some((word) => extensions.includes(word.replace(/^\./, '').toLowerCase())),
  );
  if (added !== undefined || handler !== 'proxy-server') return added;
  return [...dump.lines.values()].find(
    ({ directive, words, server }) =>
      directive === 'ProxyPass' && server === outcome.server && uri.startsWith(words[0] ?? ' '),
  );
}

function serverText({ servers }: Dump, id: string): string {
  const server = servers.get(id);
  if (server === undefined) return '';
  const { name, file, line, address, port } = server;
  if (file === null) return `${name ?? ''}, the main server`;
  return `${name ?? ''}, <VirtualHost ${address}:${port === 0 ? '*' : port}> ${file}:${line}`;
}

function targetText({ servers }: Dump, { handler, server, pool }: Outcome): string {
  if (handler !== 'wasm-handler') return `the responder behind ${handler ?? ''}`;
  if (pool !== null) return `the responder of WasmPool ${pool}, which httpd starts`;
  const { mode, target } = servers.get(server) ?? {};
  if (mode === 'fcgid') return 'a responder that mod_fcgid starts';
  if (mode === 'balancer') return `the responders of balancer://${target}`;
  if (mode === 'unix') return `the responder at unix:${target}`;
  return mode === 'tcp' ? `the responder at ${target}` : 'the responder that httpd starts';
}

/** What is wrong with one URL. */
export function lintPlace(place: Place, dump: Dump, outcome: Outcome): Finding[] {
  const { handler, answer, module, params } = outcome;
  const inForce = linesInForce(dump, outcome);
  const last = (directive: string): Line | undefined =>
    inForce.findLast((line) => line.directive === directive);
  const isWasm = params['WASM_MODULE'] !== undefined;
  const found = [...unheard(place.url, dump)];
  const leads = inForce.some(({ directive, words }) => {
    const isHandler = directive === 'SetHandler' || directive === 'AddHandler';
    return isHandler && /^(?:wasm-handler$|fcgid-script$|proxy:)/.test(words[0] ?? '');
  });
  // With AddHandler the files beside the scripts are just files.
  if (module !== null && !isWasm && answer === 0 && !leads) {
    found.push(
      finding(
        last('WasmModule') ?? place.url,
        `${place.url}: no handler leads to the program${handler ? `, but to ${handler}` : ''}; the file itself is sent, if there is one`,
        'SetHandler wasm-handler, or AddHandler wasm-handler with an extension',
      ),
    );
  }
  if (answer === 404) {
    found.push(
      finding(
        place.decidedBy?.place ?? place.url,
        `${place.url}: there is no WasmModule here, and ${outcome.file} is no program: 404`,
        'WasmModule in the section that sets the handler',
      ),
    );
  }
  if (answer === 503) {
    found.push(
      finding(
        place.decidedBy?.place ?? place.url,
        `${place.url}: only .htaccess files use Wasm, so that httpd starts no responder: 503`,
        'WasmServer auto in the configuration of the server',
      ),
    );
  }
  if (answer === 500) {
    const why = place.said.join('; ');
    found.push(
      finding(place.decidedBy?.place ?? place.url, `${place.url}: ${why}: 500`, 'as it says'),
    );
  }
  if (handler === 'fcgid-script' && isWasm && outcome.execCgi === 0) {
    found.push(
      finding(
        place.decidedBy?.place ?? place.url,
        `${place.url}: mod_fcgid answers 403 without ExecCGI`,
        'Options +ExecCGI in that section',
      ),
    );
  }
  const cgi = last('WasmEnableCGI');
  if (isWasm && params['WASM_CGI'] === '1' && cgi && outcome.authType === null) {
    const passes = last('CGIPassAuth');
    if (passes === undefined) {
      found.push(
        hint(
          cgi,
          'programs get no Authorization header from httpd (CGIPassAuth is off)',
          'CGIPassAuth On in the same section, if a program checks passwords itself',
        ),
      );
    }
  }
  return found;
}

/** Nobody listens on the port of the URL. */
function unheard(url: string, { process }: Dump): Finding[] {
  if (!/^https?:/i.test(url) || process === undefined) return [];
  const { port, protocol } = new URL(url);
  const wanted = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  if (process.ports.includes(wanted)) return [];
  const ports = process.ports.join(', ') || 'no port';
  return [
    finding(url, `httpd does not listen on port ${wanted}, but on ${ports}`, `Listen ${wanted}`),
  ];
}
