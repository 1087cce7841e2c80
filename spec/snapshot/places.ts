// Scripts of an interpreter, each as it is, with the prelude, and from a snapshot, served by httpd as
// docs/snapshots.md has it.

import { expect } from 'chai';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ask, makeBed, type Answer, type Bed, type Question } from '../apache/bed.js';
import { serverUser, wirings } from '../apache/wirings.js';
import { blocksOf } from '../docs/blocks.js';
import { keepFunctions, makeSpool } from './spool.js';

export const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
/** For all snapshots of a language. */
export const LONGEST_BUILDS_MS = 600_000;

const PLACES = ['bare', 'with', 'warm'] as const;

export interface Scripts {
  /** The interpreter, as an absolute path and as the page names it below `/srv/wasm`. */
  readonly module: readonly [file: string, name: string];
  /** File of lib/snapshot/preludes, and the words that bring it in. */
  readonly prelude: readonly [file: string, ...words: string[]];
  /** The script of the page, as a path in the clone. */
  readonly sample: string;
  /** Names of scripts without their extension; `ends` is given an argument, `unseeded` no prelude. */
  readonly names: readonly string[];
  /** What lies in `app/`, besides the sample. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Places {
  readonly httpd: Httpd;
  /** The answers of all places to the same request, without what differs between any two. */
  answersOf(url: string, question?: Question): Promise<Answer[]>;
  /** What a script has said on stderr in each of the places, but that it starts. */
  saidBy(url: string): Promise<(string | undefined)[][]>;
  stop(): Promise<void>;
}

/** Resolves when all snapshots are there. @throws AssertionError when there is one that cannot be */
export async function startPlaces(scripts: Scripts): Promise<Places> {
  const bed = await makeBed();
  const httpd = await serve(bed, scripts);
  await Promise.all(scripts.names.map((name) => ask(httpd, `/warm-${name}?round`)));
  const end = `snapshot-(?:refused|failed).*|(?:snapshot-built[^]*){${scripts.names.length}}`;
  const [said] = await httpd.logged(new RegExp(end), LONGEST_BUILDS_MS);
  expect(said).to.not.match(/^snapshot-(?:refused|failed)/);
  await keepFunctions(bed.at('spool'));
  return {
    httpd,
    async answersOf(url, question) {
      const answers = [];
      for (const place of PLACES) {
        const { status, headers, text } = await ask(httpd, `/${place}-${url}`, question);
        delete headers.date;
        const masked = text.replaceAll(`/${place}-`, '/bare-').replace(/REMOTE_PORT<td>\d+/, '');
        answers.push({ status, headers, text: masked });
      }
      return answers;
    },
    async saidBy(url) {
      const log = await readFile(httpd.errorLog, 'utf8');
      return PLACES.map((place) => {
        const pattern = ` guest-stderr .* url="?/${place}-${url.replace('?', '\\?')}"? .*? text=(.*)`;
        return [...log.matchAll(new RegExp(pattern, 'g'))]
          .map(([, text]) => text?.replaceAll('"', ''))
          .filter((text) => text?.endsWith(' starts') === false);
      });
    },
    async stop() {
      try {
        await httpd.stop();
      } finally {
        await bed.clear();
      }
    },
  };
}

/** In which of the places an interpreter has started since the last snapshot was there. */
export async function startsAt({ errorLog }: Httpd): Promise<Set<string | undefined>> {
  const log = await readFile(errorLog, 'utf8');
  const built = log.lastIndexOf(' snapshot-built ');
  expect(built).to.be.greaterThan(0);
  const starts = log.slice(built).matchAll(/ guest-stderr .* url="?\/(\w+)-.* starts/g);
  return new Set(Array.from(starts, ([, place]) => place));
}

async function serve(bed: Bed, scripts: Scripts): Promise<Httpd> {
  const { module, prelude, sample, files } = scripts;
  await copyFile(module[0], bed.at(module[1]));
  await chmod(bed.at(module[1]), 0o644);
  const shipped = path.join(ROOT, 'lib/snapshot/preludes', prelude[0]);
  await bed.write(`preludes/${prelude[0]}`, await readFile(shipped));
  await bed.write(`app/${path.basename(sample)}`, await readFile(path.join(ROOT, sample)));
  for (const [name, text] of Object.entries(files)) await bed.write(name, text);
  await makeSpool(bed.at('spool'), await serverUser());
  const [auto] = wirings;
  if (auto === undefined) throw new Error('no way to a responder');
  const command = await stageProgram(bed.dir, BUILT);
  return auto.start({
    command: [...command, '--spool-dir', bed.at('spool'), '--queue-timeout', '60s'],
    so: bed.so,
    dir: bed.dir,
    modules: ['alias'],
    config: (handler) => configOf(bed, handler, scripts),
  });
}

/** The block of the page, for a script of ours in each of the places. */
function configOf(bed: Bed, handler: string, { module, prelude, sample, names }: Scripts): string {
  const [, ...words] = prelude;
  const lines = new Set(words.map((word) => `    WasmArg ${word}`));
  const block = blocksOf('docs/snapshots.md').find(({ text }) =>
    text.includes(words.at(-1) ?? '?'),
  );
  const all = block?.text.split('\n') ?? [];
  const { name: own, ext } = path.parse(sample);
  return names
    .flatMap((name) =>
      PLACES.map((place) =>
        all
          .filter((line) => place === 'warm' || !line.includes('WasmSnapshot'))
          .filter((line) => (place !== 'bare' && name !== 'unseeded') || !lines.has(line))
          .join('\n')
          .replace(`"/${own}"`, `"/${place}-${name}"`)
          .replace('SetHandler wasm-handler', `${handler}\n    WasmTimeout 60`)
          .replace(
            `/app/${own}${ext}`,
            `/app/${name}${ext}${name === 'ends' ? '\n    WasmArg one' : ''}`,
          )
          .replace(`/srv/wasm/${module[1]}`, bed.at(module[1]))
          .replace('/srv/wasm/preludes', bed.at('preludes'))
          .replace('/srv/www/app', bed.at('app')),
      ),
    )
    .join('\n');
}
