// The text of `wasm-fcgi check --apache`: findings, and one paragraph for each URL.

import { harmless, styler } from '../terminal.js';
import type { Finding } from './finding.js';
import type { Decision, Place } from './place.js';

const LABEL_WIDTH = 10;

export function findingText({ place, wrong, write, isHint }: Finding): string {
  const style = styler(process.stdout);
  const head = isHint ? style('yellow', 'hint: ') : '';
  return `${style('bold', harmless(place))}: ${head}${harmless(wrong)}\n    write: ${harmless(write)}\n`;
}

export function placeText(place: Place): string {
  const style = styler(process.stdout);
  const rows: (readonly [label: string, text: string | undefined])[] = [
    ['server', place.server],
    ['status', statusText(place)],
    ['becomes', new URL(place.url, 'http://x').pathname === place.uri ? undefined : place.uri],
    ['file', place.file ?? undefined],
    ['handler', place.handler || undefined],
    ['by', place.decidedBy && decidedText(place.decidedBy)],
    ['goes to', place.target],
    ['program', place.program],
    ...place.said.map((line) => ['httpd says', line] as const),
  ];
  const body = rows
    .filter(([, text]) => text !== undefined)
    .map(
      ([label, text]) => `  ${style('bold', label.padEnd(LABEL_WIDTH))} ${harmless(text ?? '')}`,
    );
  return `${[style('bold', harmless(place.url)), ...body, ...settingLines(place.settings)].join('\n')}\n`;
}

function statusText({ status, refused, location }: Place): string | undefined {
  if (status !== 0) {
    return `${status}, which httpd answers by itself${location === null ? '' : `: ${location}`}`;
  }
  return refused === 0 ? undefined : `${refused} for visitors who may not enter; for others:`;
}

function decidedText({ setting, place, section }: Decision): string {
  return `${setting}  ${placed(place, section)}`;
}

function placed(place: string, section: string): string {
  return section === '' ? place : `${place}  ${section}`;
}

function settingLines(settings: readonly Decision[]): string[] {
  const width = Math.max(0, ...settings.map(({ setting }) => harmless(setting).length));
  return settings.flatMap(({ setting, place, section, overrides }) => {
    const head = `    ${harmless(setting).padEnd(width)}  `;
    const more = overrides.map(
      (other) => `overrides ${other.setting}  ${placed(other.place, other.section)}`,
    );
    return [
      `${head}${harmless(placed(place, section))}`,
      ...more.map((line) => `${' '.repeat(head.length)}${harmless(line)}`),
    ];
  });
}
