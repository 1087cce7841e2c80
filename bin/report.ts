// The text of `wasm-fcgi inspect`.

import type { Export } from '../lib/module/inspect.js';
import type { Profile } from '../lib/module/profile.js';
import { harmless, sizeText, styler } from './terminal.js';

export interface Report extends Profile {
  /** Absolute. */
  readonly file: string;
  readonly sha256: string;
  /** Whether it would run with the given entry point and limits; if not, why. */
  readonly runs: boolean;
  readonly against: readonly string[];
  /** A section of Apache configuration. */
  readonly configuration: string;
}

const PAGE_BYTES = 65_536;
const LABEL_WIDTH = 12;
/** More exports than this are counted only. */
const MOST_EXPORTS = 16;

const KINDS = {
  command: 'a command: it runs from _start to its end',
  reactor: 'a reactor: it exports _initialize and functions to call',
  component: 'a WASI 0.2 component',
  other: 'a core module that is neither command nor reactor',
} as const;

/** The report for people: styled on a terminal, plain elsewhere. */
export function reportText(report: Report): string {
  const style = styler(process.stdout);
  const rows: (readonly [label: string, lines: readonly string[]])[] = [
    ['File', [report.file, `${sizeText(report.bytes)}, sha256 ${report.sha256.slice(0, 16)}…`]],
    ['Kind', [kindText(report)]],
    ['Runs here', report.runs ? ['yes'] : report.against.map((reason) => `no: ${reason}`)],
    ['Imports', importLines(report)],
    ['Exports', exportLines(report)],
    ['Memory', report.memories.map(memoryText)],
    ['Table', report.tables.map(({ minimum, maximum }) => spanText(minimum, maximum, String))],
    ['Made by', report.producers.map(({ field, tools }) => `${field}: ${tools.join(', ')}`)],
    ['Custom', [report.customSections.map(customText).join(', ')].filter(Boolean)],
  ];
  const body = rows
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([label, lines]) =>
      lines.map((line, index) => {
        const head = (index === 0 ? label : '').padEnd(LABEL_WIDTH);
        return `${style('bold', head)}${harmless(line)}`;
      }),
    );
  const paste = style('bold', 'Configuration for Apache httpd');
  const section = report.configuration.split('\n').map((line) => harmless(line));
  return `${[...body, '', paste, '', ...section].join('\n')}\n`;
}

const WORLDS = {
  command: 'a command (wasi:cli/run)',
  handler: 'a handler of HTTP (wasi:http/incoming-handler)',
  other: 'neither a command nor a handler of HTTP',
} as const;

function kindText({ kind, component }: Report): string {
  if (component === undefined) return KINDS[kind];
  const unwraps = component.unwraps ? ', which runs as the preview1 module in it' : '';
  return `${KINDS.component}: ${WORLDS[component.world]}${unwraps}`;
}

/** One line for each interface: its name, and what of it. */
function importLines({ imports, component }: Report): string[] {
  if (component !== undefined) return [...component.imports];
  const byModule = new Map<string, string[]>();
  for (const { module, name, kind } of imports) {
    const names = byModule.get(module) ?? [];
    byModule.set(module, [...names, kind === 'function' ? name : `${name} (${kind})`]);
  }
  return [...byModule].map(([module, names]) => `${module}: ${names.join(' ')}`);
}

function exportLines({ exports, component }: Report): string[] {
  if (component !== undefined) return [...component.exports];
  const more = exports.length - MOST_EXPORTS;
  const lines = exports.slice(0, MOST_EXPORTS).map(exportText);
  return more > 0 ? [...lines, `and ${more} more; --json lists all`] : lines;
}

function exportText({ name, kind, type }: Export): string {
  return `${name}: ${kind}${type === undefined ? '' : ` ${type}`}`;
}

function memoryText(memory: Report['memories'][number]): string {
  const { minimum, maximum, isShared, is64 } = memory;
  const span = spanText(minimum, maximum, (pages) => sizeText(pages * PAGE_BYTES));
  return `${span}${isShared ? ', shared (threads)' : ''}${is64 ? ', 64-bit' : ''}`;
}

function spanText(minimum: number, maximum: number | undefined, say: (n: number) => string) {
  return `${say(minimum)} at the start, ${maximum === undefined ? 'no maximum' : `at most ${say(maximum)}`}`;
}

function customText({ name, bytes }: Report['customSections'][number]): string {
  return `${name} (${sizeText(bytes)})`;
}
