/** Real servers on loopback that tests talk to: small HTTP servers and programs of others. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import process from 'node:process';

/** A server on a free port of loopback. */
export interface Peer {
  readonly origin: string;
  /** `host:port`, as `EGRESS_ALLOW` takes it. */
  readonly host: string;
  stop(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

/** An HTTP server that answers with `answer`, given the whole body of each request. */
export async function httpPeer(answer: Answer): Promise<Peer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  // A server that hangs up on who is silent for five seconds does so while something is on its way.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${portOf(server.address())}`;
  return {
    origin: `http://${host}`,
    host,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The reference server of the MCP project, over Streamable HTTP. Its endpoint is `{origin}/mcp`. */
export async function everythingPeer(): Promise<Peer> {
  const require = createRequire(import.meta.url);
  const entry = require
    .resolve('@modelcontextprotocol/server-everything/package.json')
    .replace('package.json', 'dist/index.js');
  const port = await freePort();
  const child = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  await answering(port);
  const host = `127.0.0.1:${port}`;
  return {
    origin: `http://${host}`,
    host,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * A port that nothing listens on. It lies below those that systems give to whoever asks for any, and
 * each worker of the tests chooses from a range of its own: so nobody takes it before it is used.
 */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % 2;
  const port = 10_000 + 10_000 * worker + randomInt(10_000);
  return (await isFree(port)) ? port : freePort();
}

function isFree(port: number): Promise<boolean> {
  const server = createTcpServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export async function answering(port: number): Promise<void> {
  for (let tried = 0; tried < 1000; tried += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers on port ${port}`);
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP server');
  return address.port;
}
