// `wasm-fcgi serve`: the responder.

import type { CommandModule } from 'yargs';

import { commandLineOptions } from '../lib/config/flags.js';
import { hasPools } from '../lib/config/pools.js';
import type { Server } from '../lib/server.js';
import { lineWriter } from '../lib/stderr.js';

export const serveCommand: CommandModule = {
  command: 'serve',
  describe: 'Answer FastCGI requests of a web server',
  builder: (args) =>
    args
      .options(commandLineOptions())
      .example('$0 serve --listen unix:/run/wasm-fcgi/socket --key-file /etc/wasm-fcgi/key', '')
      .version(false),
  handler: async (flags) => {
    // From the first moment on: a reload that comes before the configuration is read is one already.
    let starting: Promise<Server> | undefined;
    process.on('SIGHUP', () => void starting?.then((server) => server.reload()).catch(() => {}));
    // And one that comes then to end it finds it whole, so that socket and pid file go with it.
    const asked = Promise.race([signalled('SIGTERM'), signalled('SIGINT'), orphaned(flags)]);
    // Not needed by the other commands, which so start sooner.
    const start = hasPools({ flags })
      ? (await import('../lib/supervisor.js')).startSupervisor
      : (await import('../lib/server.js')).startServer;
    starting = start({ flags }, lineWriter());
    const server = await starting;
    await Promise.race([asked, server.stuck]);
    // An ordinary exit would wait for a thread that does not end.
    if (!(await server.stop(asked))) process.kill(process.pid, 'SIGKILL');
    process.exit(0);
  },
};

/** The server whose pool this is holds our standard input open as long as it lives. */
function orphaned({ pool }: Readonly<Record<string, unknown>>): Promise<void> {
  return new Promise((resolve) => {
    if (pool !== undefined) process.stdin.resume().once('close', () => resolve());
  });
}

function signalled(name: 'SIGTERM' | 'SIGINT'): Promise<void> {
  return new Promise((resolve) => process.once(name, () => resolve()));
}
