import { DurableObject } from 'cloudflare:workers';
import type { McpServer } from '@modelcontextprotocol/server';
import type { Env } from '../env.ts';
import type { McpCaller } from './mcp-caller.ts';
import type { SessionDesk } from './session-desk.ts';

/** Whose request it is and at which endpoint. */
export interface SessionAsked {
  readonly caller: McpCaller;
  /** The run whose prompt the endpoint offers; null for the server itself. */
  readonly prompt: string | null;
}

/**
 * The sessions of one principal in the revisions until 2025-11-25, where a client's answer to a
 * question and its word that a call is cancelled are requests of their own: they have to reach the
 * call, which waits here. Named by the principal, so that nobody finds a session of somebody else.
 * What is kept is the `initialize` request; everything else can be begun again from it.
 * @see spec/decisions/0012-mcp-sessions.md
 */
export class McpSessionsObject extends DurableObject<Env> {
  #desk: Promise<SessionDesk> | null = null;

  /** Answers a request that begins a session or belongs to one. */
  async serve(request: Request, asked: SessionAsked): Promise<Response> {
    this.#desk ??= this.#open();
    return (await this.#desk).serve(request, asked);
  }

  /** Keeps that a client answered these actions. */
  async keepAnswered(ids: readonly string[]): Promise<void> {
    const { AnsweredActions } = await import('./protocol.ts');
    new AnsweredActions(this.ctx.storage.sql).add(ids);
  }

  /** Those of the actions that a client has answered. */
  async answered(ids: readonly string[]): Promise<readonly string[]> {
    const { AnsweredActions } = await import('./protocol.ts');
    return new AnsweredActions(this.ctx.storage.sql).of(ids);
  }

  /** The server of a session. The conformance suite's fixture has another one here. */
  protected async server({ caller, prompt }: SessionAsked): Promise<McpServer> {
    const { productServer } = await import('./protocol.ts');
    return productServer({ env: this.env, caller, prompt });
  }

  async #open(): Promise<SessionDesk> {
    const { SessionDesk } = await import('./protocol.ts');
    return new SessionDesk(this.ctx.storage.sql, (asked) => this.server(asked));
  }
}

/** The sessions of a caller; its principal alone names them, and the program that acts for it. */
export function mcpSessions(
  env: Env,
  { principal, clientId }: McpCaller,
): Pick<McpSessionsObject, 'serve' | 'keepAnswered' | 'answered'> {
  // The server of a session answers as who began it: with its id another program would be that one.
  const name = clientId === null ? principal : `${principal} ${clientId}`;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the platform's type of a stub gives up on the class
  return env.MCP_SESSIONS.getByName(name) as unknown as ReturnType<typeof mcpSessions>;
}
