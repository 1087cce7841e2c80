// What `jco serve` does with a component: transpiles it and hands its one instance to the HTTP server of
// preview2-shim. argv: component, a directory for what is made of it. Prints the port.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { transpile } from '@bytecodealliance/jco-transpile';
import { HTTPServer } from '@bytecodealliance/preview2-shim/http';

const [file, directory] = process.argv.slice(2);
const SCOPE = '@bytecodealliance';
const shim = dirname(
  dirname(dirname(fileURLToPath(import.meta.resolve(`${SCOPE}/preview2-shim`)))),
);

const { files } = await transpile(file, { name: 'program', wasiShim: true });
mkdirSync(join(directory, 'node_modules', SCOPE), { recursive: true });
symlinkSync(shim, join(directory, 'node_modules', SCOPE, 'preview2-shim'));
writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
for (const [name, bytes] of Object.entries(files)) {
  if (!name.includes('/')) writeFileSync(join(directory, name), bytes);
}
const { incomingHandler } = await import(pathToFileURL(join(directory, 'program.js')).href);
const server = new HTTPServer(incomingHandler);
server.listen(0, '127.0.0.1');
process.stdout.write(`${server.address().port}\n`);
