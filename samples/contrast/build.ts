// Makes a component of contrast.js with `jco componentize`. Neither the compiler nor the component is
// part of the clone: both are made on demand, and kept below `.build-jco` by the hash of what they are
// made from.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import type { Step } from '../extra.js';

const execute = promisify(execFile);

const FOLDER = 'samples/contrast';
const CACHE = '.build-jco';
/** The versions of jco and of all that it uses; tool/package.json leaves out what it does not need here. */
const TOOL = ['tool/package.json', 'tool/package-lock.json'];
const SOURCES = ['contrast.js', 'script.wit'];
const JCO = 'node_modules/@bytecodealliance/jco/dist/jco.js';
const INSTALL = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
/** A registry that is not there is given up after seconds, not minutes. */
const RETRIES = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];

/**
 * @param root the clone
 * @param cache where compiler and component are kept; default `.build-jco` in the clone
 * @returns the component's file; without a step when it is there already
 * @throws Error with one line
 */
export async function getComponent(
  root: string,
  step: Step,
  cache = path.join(root, CACHE),
): Promise<string> {
  const folder = path.join(root, FOLDER);
  const tool = path.join(cache, `tool-${hashOf(folder, TOOL)}`);
  const component = path.join(cache, `contrast-${hashOf(folder, [...TOOL, ...SOURCES])}.wasm`);
  if (existsSync(component)) return component;
  if (!existsSync(tool)) await step('install jco, 130 MB', () => install(folder, cache, tool));
  await step('build contrast.wasm by jco componentize', () => build(folder, tool, component));
  return component;
}

/** Of the texts of some files, short enough for a name. */
function hashOf(folder: string, names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) hash.update(readFileSync(path.join(folder, name))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** Into a directory beside it first, so that there is no half of it; who comes second uses the first's. */
async function install(folder: string, cache: string, tool: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, 'installing-'));
  try {
    for (const name of TOOL)
      copyFileSync(path.join(folder, name), path.join(work, path.basename(name)));
    await npm(work, ['ci']).catch(() => npm(work, ['install', '--no-save']));
    if (!existsSync(tool)) renameSync(work, tool);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function npm(cwd: string, [word = '', ...words]: readonly string[]): Promise<void> {
  await run(`npm ${word}`, 'npm', [word, ...words, ...INSTALL, ...RETRIES], cwd);
}

async function build(folder: string, tool: string, component: string): Promise<void> {
  const [source = '', wit = ''] = SOURCES.map((name) => path.join(folder, name));
  const out = `${component}.${process.pid}`;
  const words = ['componentize', source, '--wit', wit, '--world-name', 'script', '--out', out];
  try {
    await run('jco componentize', process.execPath, [path.join(tool, JCO), ...words], tool);
    renameSync(out, component);
  } finally {
    rmSync(out, { force: true });
  }
}

/** @throws Error with the line of its stderr that says most */
async function run(
  name: string,
  command: string,
  words: readonly string[],
  cwd: string,
): Promise<void> {
  try {
    // What counts lines of our own code does not count those of a compiler.
    const env = { ...process.env, NODE_V8_COVERAGE: undefined, NODE_OPTIONS: undefined };
    await execute(command, words, { cwd, env });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const lines = said.split('\n').filter((line) => line.trim() !== '');
    // One that ends in a colon only begins to say it.
    const most = lines.find((line) => /Error: .*[^:]$/.test(line)) ?? lines.at(-1);
    throw new Error(`${name} failed: ${most ?? String(error)}`, { cause: error });
  }
}
