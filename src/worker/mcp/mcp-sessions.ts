import { DurableObject } from 'cloudflare:workers';
import type { McpServer } from '@modelcontextprotocol/server';
import { randomBase62 } from '../../login/base62.ts';
import type { Env } from '../env.ts';
import type { LiveSession } from './live-session.ts';
import type { McpCaller } from './mcp-caller.ts';
import { SessionRows } from './session-rows.ts';

/** Whose request it is and at which endpoint. */
export interface SessionAsked {
  readonly caller: McpCaller;
  /** The run whose prompt the endpoint offers; null for the server itself. */
  readonly prompt: string | null;
}

/** UTF-16 units of an `initialize` request. */
const MAX_INIT = 16_384;

/** Sessions that are kept ready; the others begin again from what is kept of them. */
const MOST_LIVE = 100;

/**
 * The sessions of one principal in the revisions until 2025-11-25, where a client's answer to a
 * question and its word that a call is cancelled are requests of their own: they have to reach the
 * call, which waits here. Named by the principal, so that nobody finds a session of somebody else.
 * What is kept is the `initialize` request; everything else can be begun again from it.
 * @see spec/decisions/0009-mcp-sessions.md
 */
export class McpSessionsObject extends DurableObject<Env> {
  readonly #rows = new SessionRows(this.ctx.storage.sql);
  readonly #live = new Map<string, Promise<LiveSession>>();

  /** Answers a request that begins a session or belongs to one. */
  async serve(request: Request, asked: SessionAsked): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return this.#begin(request, asked);
    const row = this.#rows.find(id, asked.prompt);
    if (row === null) return refusal(404, -32_001, 'Session not found');
    const session = await this.#session(id, asked, row.init);
    if (request.method !== 'DELETE') return session.answer(request, asked.caller);
    this.#rows.remove(id);
    this.#live.delete(id);
    return session.answer(request, asked.caller);
  }

  /** The server of a session. The conformance suite's fixture has another one here. */
  protected async server({ caller, prompt }: SessionAsked): Promise<McpServer> {
    const { productServer } = await import('./product-server.ts');
    return productServer({ env: this.env, caller, prompt });
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
    const [server, { LiveSession }] = await Promise.all([
      this.server(asked),
      import('./live-session.ts'),
    ]);
    void this.#makeRoom();
    return LiveSession.open(server, { id, init });
  }

  /** What waits for a call stays; of the others those that were not used for longest go. */
  async #makeRoom(): Promise<void> {
    for (const [id, live] of this.#live) {
      if (this.#live.size <= MOST_LIVE) return;
      if (!(await live).isBusy) this.#live.delete(id);
    }
  }
}

/** The sessions of a caller; its principal alone names them. */
export function mcpSessions(
  env: Env,
  { principal }: McpCaller,
): { serve(request: Request, asked: SessionAsked): Promise<Response> } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the platform's type of a stub gives up on the class
  return env.MCP_SESSIONS.getByName(principal) as unknown as Pick<McpSessionsObject, 'serve'>;
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
