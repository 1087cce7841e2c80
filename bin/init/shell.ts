// Commands of the system, as init runs them: found by name, run without a shell, their output kept.

import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where administrators' programs are, for who calls this without them in PATH. */
const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const PATH = [process.env['PATH'] ?? '', ...PLACES].filter(Boolean).join(delimiter);

/** How a command ended: whether with 0, and what it printed. */
export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** Also why it could not be started. */
  readonly stderr: string;
  /** Both. */
  readonly output: string;
}

/** An account to run as, for root only. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Runs a command to its end, in the root directory. A program that cannot be started is not ok, too. */
export function runCommand(words: readonly string[], as?: Account): Promise<Ran> {
  const [program = '', ...rest] = words;
  const options = { cwd: '/', env: { ...process.env, PATH }, maxBuffer: 2 ** 24, ...as };
  return new Promise((resolve) => {
    execFile(program, rest, options, (error, stdout, stderr) => {
      const started = error === null || typeof error.code === 'number';
      const complaint = `${stderr}${started ? '' : error.message}`.trim();
      const output = `${stdout}${complaint}`.trim();
      resolve({ ok: error === null, stdout, stderr: complaint, output });
    });
  });
}

/** @throws Error with the command and what it printed, when it fails */
export async function runOrThrow(words: readonly string[]): Promise<string> {
  const { ok, stdout, output } = await runCommand(words);
  if (!ok) throw new Error(`${shellText(words)} failed: ${output || 'it printed nothing'}`);
  return stdout;
}

/** The first of these programs that is there: in one of `directories`, else in PATH. */
export async function programCalled(
  names: readonly string[],
  directories: readonly string[] = [],
): Promise<string | undefined> {
  for (const directory of [...directories, ...PATH.split(delimiter)]) {
    for (const name of names) {
      const file = join(directory, name);
      if (directory !== '' && (await isThere(file, constants.X_OK))) return file;
    }
  }
  return undefined;
}

/** Is there such a file, with this right (access(2))? */
export function isThere(file: string, right: number = constants.F_OK): Promise<boolean> {
  return access(file, right).then(
    () => true,
    () => false,
  );
}

/** The words as a shell takes them. */
export function shellText(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
