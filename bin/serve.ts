// `wasm-fcgi serve`: the responder.

import type { CommandModule } from 'yargs';

import { commandLineOptions } from '../lib/config/flags.js';
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
    // From the first moment on: a reload that comes before there is a server is one already.
    let server: Server | undefined;
    process.on('SIGHUP', () => void server?.reload());
    // And one that comes then to end it finds it whole, so that socket and pid file go with it.
    const asked = Promise.race([signalled('SIGTERM'), signalled('SIGINT')]);
    // Not needed by the other commands, which so start sooner.
    const { startServer } = await import('../lib/server.js');
    server = await startServer({ flags }, lineWriter());
    await Promise.race([asked, server.stuck]);
    // An ordinary exit would wait for a thread that does not end.
    if (!(await server.stop(asked))) process.kill(process.pid, 'SIGKILL');
    process.exit(0);
  },
};

function signalled(name: 'SIGTERM' | 'SIGINT'): Promise<void> {
  return new Promise((resolve) => process.once(name, () => resolve()));
}
