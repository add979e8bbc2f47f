/** A server of the run API on loopback that answers what a test says. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { httpPeer } from './peers.ts';

/** A request that was seen. */
export interface Seen {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** What is answered to `METHOD /path`. */
export type Routes = Readonly<
  Record<string, (response: ServerResponse, request: IncomingMessage) => void>
>;

/** A server of the run API on loopback that answers by these routes. */
export async function runServer(
  routes: Routes,
): Promise<AsyncDisposable & { readonly url: string; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const peer = await httpPeer((request, response, body) => {
    const line = `${request.method} ${request.url}`;
    seen.push({ line, authorization: request.headers.authorization, body });
    const route = routes[line];
    if (route === undefined) response.writeHead(404).end('{}');
    else route(response, request);
  });
  return { url: `${peer.origin}/`, seen, [Symbol.asyncDispose]: () => peer.stop() };
}

/** The public name of the server differs from the address that it is reached at. */
export const ACCEPTED = {
  id: 'ID',
  object: 'run',
  status: 'queued',
  url: 'https://prompts.example/ID',
  markdown_url: 'https://prompts.example/ID.md',
  json_url: 'https://prompts.example/ID.json',
  events_url: 'https://prompts.example/ID/events',
  owner_token: 'token',
  problems: [],
};

/** Answers with JSON. */
export function json(status: number, body: unknown) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

/** Streams the events after `Last-Event-ID`, at most so many for one connection. */
export function stream(events: readonly { seq: number }[], most = Infinity, ends = true) {
  return (response: ServerResponse, request: IncomingMessage) => {
    const last = Number(request.headers['last-event-id'] ?? 0);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': keep-alive\n\n');
    for (const event of events.filter(({ seq }) => seq > last).slice(0, most)) {
      response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    if (ends) response.end();
  };
}
