import type { McpServer } from '@modelcontextprotocol/server';
import { randomBase62 } from '../../login/base62.ts';
import { LiveSession } from './live-session.ts';
import type { SessionAsked } from './mcp-sessions.ts';
import { SessionRows } from './session-rows.ts';

/** UTF-16 units of an `initialize` request. */
const MAX_INIT = 16_384;

/** Sessions that are kept ready; the others begin again from what is kept of them. */
const MOST_LIVE = 100;

/** Begins, finds and ends the sessions of one principal. */
export class SessionDesk {
  readonly #rows: SessionRows;
  readonly #server: (asked: SessionAsked) => Promise<McpServer>;
  readonly #live = new Map<string, Promise<LiveSession>>();

  /** @param server makes the server of a session */
  constructor(sql: SqlStorage, server: (asked: SessionAsked) => Promise<McpServer>) {
    this.#rows = new SessionRows(sql);
    this.#server = server;
  }

  /** Answers a request that begins a session or belongs to one. */
  async serve(request: Request, asked: SessionAsked): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return this.#begin(request, asked);
    const row = this.#rows.find(id, asked.prompt);
    if (row === null) return refusal(404, -32_001, 'Session not found');
    const session = await this.#session(id, asked, row.init);
    if (request.method === 'DELETE') {
      this.#rows.remove(id);
      this.#live.delete(id);
    }
    return session.answer(request, asked.caller);
  }

  async #begin(request: Request, asked: SessionAsked): Promise<Response> {
    const init = await request.text();
    if (request.method !== 'POST') return refusal(400, -32_000, 'Mcp-Session-Id is required');
    if (init.length > MAX_INIT) return refusal(413, -32_000, 'The initialize request is too large');
    const id = randomBase62(43);
    const { url, headers } = request;
    const session = await this.#session(id, asked, null);
    const response = await session.answer(
      new Request(url, { method: 'POST', headers, body: init }),
      asked.caller,
    );
    if (response.ok) this.#rows.add({ id, prompt: asked.prompt, init });
    else this.#live.delete(id);
    return response;
  }

  /** The session, begun again where this process does not know it. */
  #session(id: string, asked: SessionAsked, init: string | null): Promise<LiveSession> {
    const live = this.#live.get(id) ?? this.#open(id, asked, init);
    // The last of the map is the one that was used last.
    this.#live.delete(id);
    this.#live.set(id, live);
    return live;
  }

  async #open(id: string, asked: SessionAsked, init: string | null): Promise<LiveSession> {
    void this.#makeRoom();
    return LiveSession.open(await this.#server(asked), { id, init });
  }

  /** What waits for a call stays; of the others those that were not used for longest go. */
  async #makeRoom(): Promise<void> {
    for (const [id, live] of this.#live) {
      if (this.#live.size <= MOST_LIVE) return;
      if (!(await live).isBusy) this.#live.delete(id);
    }
  }
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
