// `wasm-fcgi serve`: the responder.

import type { CommandModule } from 'yargs';

import { commandLineOptions } from '../lib/config/flags.js';

export const serveCommand: CommandModule = {
  command: 'serve',
  describe: 'Answer FastCGI requests of a web server',
  builder: (args) =>
    args
      .options(commandLineOptions())
      .example('$0 serve --listen unix:/run/wasm-fcgi/socket --key-file /etc/wasm-fcgi/key', '')
      .version(false),
  handler: async (flags) => {
    // Not needed by the other commands, which so start sooner.
    const { startServer } = await import('../lib/server.js');
    const server = await startServer({ flags }, (line) => process.stderr.write(line));
    process.on('SIGHUP', () => void server.reload());
    await Promise.race([signalled('SIGTERM'), signalled('SIGINT')]);
    await server.stop();
    process.exit(0);
  },
};

function signalled(name: 'SIGTERM' | 'SIGINT'): Promise<void> {
  return new Promise((resolve) => process.once(name, () => resolve()));
}
