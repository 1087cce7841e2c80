// A FastCGI responder that answers every request with its params as JSON, and with what it read.
//
// It takes the command line that httpd gives a responder: --listen fd:0, or unix:/path, or
// host:port; --key-fd 3. `?sleep=<ms>` delays the answer, `?exit` ends the process.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import process from 'node:process';

const BEGIN_REQUEST = 1;
const ABORT_REQUEST = 2;
const END_REQUEST = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;

function record(type: number, id: number, body: Buffer): Buffer {
  const head = Buffer.from([1, type, id >> 8, id & 255, body.length >> 8, body.length & 255, 0, 0]);
  return Buffer.concat([head, body]);
}

function paramsOf(bytes: Buffer): Record<string, string> {
  const params: Record<string, string> = {};
  let at = 0;
  const length = (): number => {
    const first = bytes.readUInt8(at);
    at += first < 128 ? 1 : 4;
    return first < 128 ? first : bytes.readUInt32BE(at - 4) & 0x7fffffff;
  };
  while (at < bytes.length) {
    const nameLength = length();
    const valueLength = length();
    const name = bytes.toString('latin1', at, (at += nameLength));
    params[name] = bytes.toString('latin1', at, (at += valueLength));
  }
  return params;
}

/** Answers one connection's requests, one after the other. */
function serve(socket: Socket, key: string): void {
  let pending = Buffer.alloc(0);
  let params: Buffer[] = [];
  let bodyBytes = 0;
  let keep = false;

  const answer = (id: number): void => {
    const values = paramsOf(Buffer.concat(params));
    const query = new URLSearchParams(values['QUERY_STRING']);
    const bodyOf = {
      params: values,
      bodyBytes,
      pid: process.pid,
      keyHash: createHash('sha256').update(key).digest('hex'),
    };
    params = [];
    bodyBytes = 0;
    if (query.has('exit')) process.exit(3);
    const body = Buffer.from(JSON.stringify(bodyOf), 'latin1');
    const head = `Status: 200\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const text = Buffer.concat([Buffer.from(`${head}\r\n`), body]);
    setTimeout(
      () => {
        for (let at = 0; at < text.length; at += 60_000) {
          socket.write(record(STDOUT, id, text.subarray(at, at + 60_000)));
        }
        socket.write(record(STDOUT, id, Buffer.alloc(0)));
        socket.write(record(END_REQUEST, id, Buffer.alloc(8)));
        if (!keep || draining) socket.end();
      },
      Number(query.get('sleep') ?? 0),
    );
  };

  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 8) {
      const size = pending.readUInt16BE(4);
      const whole = 8 + size + pending.readUInt8(6);
      if (pending.length < whole) return;
      const body = pending.subarray(8, 8 + size);
      const type = pending.readUInt8(1);
      const id = pending.readUInt16BE(2);
      pending = pending.subarray(whole);
      if (type === BEGIN_REQUEST) keep = (body.readUInt8(2) & 1) === 1;
      else if (type === ABORT_REQUEST) socket.destroy();
      else if (type === PARAMS) params.push(body);
      else if (type === STDIN && size > 0) bodyBytes += size;
      else if (type === STDIN) answer(id);
    }
  });
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

let draining = false;
const listen = option('--listen') ?? 'fd:0';
const keyFd = option('--key-fd');
const key = keyFd === undefined ? '' : readFileSync(Number(keyFd), 'utf8').trim();
const open = new Set<Socket>();
const server = createServer((socket) => {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  serve(socket, key);
});
if (listen.startsWith('fd:')) server.listen({ fd: Number(listen.slice(3)) });
else if (listen.startsWith('unix:')) server.listen(listen.slice(5));
else server.listen(Number(listen.split(':')[1]), listen.split(':')[0]);
server.on('listening', () => process.stderr.write(`dump responder ${process.pid} listens\n`));
process.on('SIGHUP', () => process.stderr.write(`dump responder ${process.pid} reloads\n`));
process.on('SIGTERM', () => {
  process.stderr.write(`dump responder ${process.pid} drains\n`);
  draining = true;
  // Connections stay for a moment: a request may be on its way to an idle one.
  server.close(() => process.exit(0));
  setTimeout(() => open.forEach((socket) => socket.destroy()), 1000).unref();
});
