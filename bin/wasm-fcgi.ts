#!/usr/bin/env node
// The commands. Results go to stdout, talk to stderr; exit code 0 done, 1 failed, 2 wrong usage.

import yargs from 'yargs';

import { ConfigError, messageOf } from '../lib/errors.js';
import { checkCommand } from './check.js';
import { dev, devOptions } from './dev.js';
import { initCommand } from './init.js';
import { inspectCommand } from './inspect.js';
import { run, runOptions } from './run.js';
import { serveCommand } from './serve.js';
import { snapshot, snapshotOptions } from './snapshot.js';

const PROGRAM = 'wasm-fcgi';

async function main(words: readonly string[]): Promise<void> {
  // The options after MODULE are the program's own: `run` reads its words by itself.
  if (words[0] === 'run') {
    process.exitCode = await run(words.slice(1));
    return;
  }
  if (words[0] === 'dev') return dev(words.slice(1));
  if (words[0] === 'snapshot') {
    process.exitCode = await snapshot(words.slice(1));
    return;
  }
  await yargs([...words])
    .scriptName(PROGRAM)
    .usage('$0 <command>\n\nServes WebAssembly programs behind Apache httpd, over FastCGI.')
    .parserConfiguration({ 'camel-case-expansion': false, 'duplicate-arguments-array': true })
    .command(serveCommand)
    // Theirs are for completion: they were read above.
    .command('run', 'Run one program with the limits of a request', runOptions)
    .command('dev', 'Serve one program over plain HTTP, for development', devOptions)
    .command('snapshot', 'Take the snapshot of a program ahead of time', snapshotOptions)
    .command(checkCommand)
    .command(inspectCommand)
    .command(initCommand)
    .completion('completion', 'Print a script that completes commands in bash or zsh')
    .demandCommand(1, 'Say which command.')
    .strict()
    .wrap(100)
    .epilogue(`${PROGRAM} <command> --help tells more.`)
    .fail((message, error) => {
      throw error ?? new ConfigError([`${message.replaceAll(/\s*\n\s*/g, ' ')} Try --help.`]);
    })
    .parseAsync();
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  const lines = thrown instanceof ConfigError ? thrown.faults : [messageOf(thrown)];
  for (const line of lines) process.stderr.write(`${PROGRAM}: ${line}\n`);
  process.exitCode = thrown instanceof ConfigError ? 2 : 1;
}
