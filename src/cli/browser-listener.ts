import { createServer } from 'node:http';
import type { Server } from 'node:http';

/** A server on a free port of loopback. */
export interface BrowserListener {
  readonly server: Server;
  readonly port: number;
}

/** Listens for one person's browser: whatever else connects gets little time and little room. */
export async function listenForBrowser(): Promise<BrowserListener> {
  const server = createServer({
    requestTimeout: 10_000,
    headersTimeout: 10_000,
    maxHeaderSize: 16_384,
  });
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('It has no port.');
  return { server, port: address.port };
}
