// What a user would write without this project: npm node-fastcgi, a node:wasi instance a request.
// Plain JavaScript: its packages publish no types. argv: module file, socket.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

import fastcgi from 'node-fastcgi';

const [file, socket] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(file));
const out = `${socket}.out`;

const server = fastcgi.createServer((request, response) => {
  // node:wasi writes to descriptors only: a file stands in for the pipe.
  const stdout = openSync(out, 'w+');
  const env = request.socket.params;
  const wasi = new WASI({ version: 'preview1', returnOnExit: true, stdout, env });
  wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
  closeSync(stdout);
  const [head, body] = readFileSync(out, 'latin1').split('\r\n\r\n');
  const [name, value] = head.split(': ');
  response.writeHead(200, { [name]: value });
  response.end(body);
});
server.listen(socket, () => process.stdout.write('listening\n'));
