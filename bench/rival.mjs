// What a user would write without this project: npm node-fastcgi, a node:wasi instance a request.
// Plain JavaScript: its packages publish no types. argv: socket path, module file.

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';

import fastcgi from 'node-fastcgi';

const [socket, file] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(file));
const out = join(tmpdir(), `rival-${process.pid}`);

const server = fastcgi.createServer((request, response) => {
  // node:wasi writes to descriptors only: a file stands in for the pipe.
  const stdout = openSync(out, 'w+');
  const wasi = new WASI({ version: 'preview1', returnOnExit: true, stdout });
  wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
  closeSync(stdout);
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end(readFileSync(out));
});
process.on('SIGTERM', () => {
  rmSync(out, { force: true });
  process.exit(0);
});
server.listen(socket, () => process.stdout.write('listening\n'));
