// One program over plain HTTP on a loopback address, for development: the same stages as behind Apache.

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';

import { type RequestHandler } from '../fcgi/exchange.js';
import { HttpExchange } from './exchange.js';
import { hostNameOf, requestParams } from './params.js';

export interface DevServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** A request that is over, for a line on the terminal. */
export interface Served {
  readonly method: string;
  readonly url: string;
  /** Undefined when the connection was cut before or within the answer. */
  readonly status: number | undefined;
  /** Since its head had come. */
  readonly ms: number;
}

export interface DevOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly passAuth: boolean;
  /** The signed WASM_* params of the program. */
  readonly program: ReadonlyMap<string, string>;
  readonly served: (request: Served) => void;
}

const ADDRESS = '127.0.0.1';

/**
 * Listens, on 127.0.0.1 only.
 * @throws Error of node:net when the port is taken
 */
export async function serveHttp(handler: RequestHandler, options: DevOptions): Promise<DevServer> {
  const server = createServer((request, response) => answer(request, response, handler, options));
  server.listen(options.port, ADDRESS);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { origin: `http://${ADDRESS}:${port}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handler: RequestHandler,
  { passAuth, program, served }: DevOptions,
): void {
  const start = performance.now();
  response.on('close', () => {
    const { method = '', url = '' } = request;
    const status = response.writableFinished ? response.statusCode : undefined;
    served({ method, url, status, ms: performance.now() - start });
  });
  if (!isLocal(hostNameOf(request))) {
    response.writeHead(421, { 'Content-Type': 'text/plain' });
    response.end('This server answers to localhost and 127.0.0.1 only.\n');
    return;
  }
  handler(
    new HttpExchange(request, response, new Map([...requestParams(request, passAuth), ...program])),
  );
}

/** A page elsewhere may let its own name lead here (DNS rebinding); it is not to read the answers. */
function isLocal(name: string | undefined): boolean {
  return name === undefined || /^(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:[\w-]+\.)*localhost)$/.test(name);
}
