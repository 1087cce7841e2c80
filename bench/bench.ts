// Rivals and us through the same Apache in one run, taking turns; prints requests and ratios.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { buildModule } from '../apache/build.js';
import { startHttpd } from '../apache/httpd.js';
import { publicDirectory, stageProgram } from '../apache/stage.js';

const ROOT = join(import.meta.dirname, '../..');
const HELLO = join(ROOT, 'samples/hello-wat/hello.wasm');
const CONCURRENCY = [1, 16, 64];
/** What answers `/<name>/hello`. The first one is what the others are compared with. */
const TARGETS = ['static', 'wasm-fcgi', 'node-fastcgi'] as const;
type Target = (typeof TARGETS)[number];

interface Figure {
  readonly target: Target;
  readonly concurrency: number;
  readonly requestsPerSecond: number;
}

/**
 * Measures hello, the smallest program, behind Apache.
 * @param words `--quick`: fewer and shorter rounds
 * @returns the exit code
 */
export async function bench(words: readonly string[]): Promise<number> {
  if (words.some((word) => word !== '--quick')) {
    process.stderr.write('Usage: npm run bench [-- --quick]\n');
    return 2;
  }
  const [rounds, seconds] = words.includes('--quick') ? [2, 1] : [5, 3];
  const dir = await publicDirectory('wasm-fcgi-bench-');
  try {
    process.stdout.write(formatTable(await measureAll(dir, rounds, seconds)));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return 0;
}

async function measureAll(dir: string, rounds: number, seconds: number): Promise<Figure[]> {
  await mkdir(join(dir, 'htdocs/static'), { recursive: true });
  await cp(HELLO, join(dir, 'hello.wasm'));
  await writeFile(join(dir, 'htdocs/static/hello'), 'Hello from WAT.\n');
  const rival = await startRival(dir);
  const httpd = await startHttpd({
    modules: ['mime', 'proxy', 'proxy_fcgi', `wasm=${await buildModule()}`],
    config: configOf(dir, await stageProgram(dir)),
  });
  try {
    const figures: Figure[] = [];
    for (const target of TARGETS) await load(`${httpd.origin}/${target}/hello`, 16, 1);
    for (let round = 0; round < rounds; round += 1) {
      for (const concurrency of CONCURRENCY) {
        for (const target of TARGETS) {
          const url = `${httpd.origin}/${target}/hello`;
          const requestsPerSecond = await load(url, concurrency, seconds);
          figures.push({ target, concurrency, requestsPerSecond });
        }
      }
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    }
    return figures;
  } finally {
    await httpd.stop();
    rival.kill();
    await once(rival, 'exit');
  }
}

function configOf(dir: string, program: readonly string[]): string {
  return `
WasmCommand ${program.join(' ')}
DocumentRoot "${dir}/htdocs"
MaxKeepAliveRequests 0
<Location "/wasm-fcgi">
    SetHandler wasm-handler
    WasmModule "${dir}/hello.wasm"
</Location>
<Location "/node-fastcgi">
    SetHandler "proxy:unix:${dir}/rival.sock|fcgi://rival/"
</Location>`;
}

async function startRival(dir: string): Promise<ChildProcess> {
  const socket = join(dir, 'rival.sock');
  const words = ['--no-warnings', join(ROOT, 'bench/rival.mjs'), socket, join(dir, 'hello.wasm')];
  const rival = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(rival.stdout, 'data');
  await chmod(socket, 0o666);
  return rival;
}

/** Requests per second that wrk gets; an answer that is not 2xx fails the run. */
async function load(url: string, concurrency: number, seconds: number): Promise<number> {
  const words = ['-t', '1', '-c', String(concurrency), '-d', `${seconds}s`, url];
  const { stdout } = await promisify(execFile)('wrk', words);
  const [, perSecond] = /Requests\/sec:\s*([\d.]+)/.exec(stdout) ?? [];
  if (perSecond === undefined || stdout.includes('Non-2xx')) throw new Error(`${url}:\n${stdout}`);
  return Number(perSecond);
}

/** Medians, and each round's ratio to the static file of the same round: middle, least, most. */
function formatTable(figures: readonly Figure[]): string {
  const lines = ['| hello | at a time | requests/s | of static (min..max) |', '|---|---|---|---|'];
  const of = (target: Target, concurrency: number): number[] =>
    figures
      .filter((figure) => figure.target === target && figure.concurrency === concurrency)
      .map(({ requestsPerSecond }) => requestsPerSecond);
  for (const concurrency of CONCURRENCY) {
    const base = of('static', concurrency);
    for (const target of TARGETS) {
      const rates = of(target, concurrency);
      const ratios = rates.map((rate, round) => rate / (base[round] ?? NaN)).sort((a, b) => a - b);
      const [least, middle, most] = [ratios[0], median(ratios), ratios.at(-1)].map((ratio) =>
        (ratio ?? NaN).toFixed(2),
      );
      lines.push(
        `| ${target} | ${concurrency} | ${Math.round(median(rates))} | ${middle} (${least}..${most}) |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
