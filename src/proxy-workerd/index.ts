/**
 * The library of `proxy.ts` for Workers: logins are kept in the Durable Object class
 * {@link MCPProviders}, one object per user, which the Worker exports and binds under that name.
 * @see spec/completions.md, The library
 * @module
 */
import { DurableObject } from 'cloudflare:workers';
import type { RowKind } from '../login/login.ts';
import { SqlLoginRows } from '../login/sql-rows.ts';
import { proxyOn } from '../proxy/chat-completions-proxy.ts';
import type { ChatCompletionsProxy } from '../proxy/chat-completions-proxy.ts';
import type { ChatCompletionsProxyOptions } from '../proxy/proxy-options.ts';
import { objectRows } from '../proxy/user-rows.ts';
import type { RowsObject } from '../proxy/user-rows.ts';

/**
 * The logins of one user, sealed before they come here. Named by the user id that the app gives,
 * so nobody reaches another's.
 */
export class MCPProviders extends DurableObject<unknown> implements RowsObject {
  readonly #rows = new SqlLoginRows(this.ctx.storage);

  get(kind: RowKind, key: string): Promise<string | null> {
    return this.#rows.get(kind, key);
  }

  put(kind: RowKind, key: string, value: string): Promise<void> {
    return this.#rows.put(kind, key, value);
  }

  delete(kind: RowKind, key: string): Promise<void> {
    return this.#rows.delete(kind, key);
  }

  list(kind: RowKind): Promise<readonly { readonly key: string; readonly value: string }[]> {
    return this.#rows.list(kind);
  }

  /** Gives a turn to work elsewhere; a caller that dies loses its turn. */
  alone(name: string, work: () => Promise<void>): Promise<void> {
    return this.#rows.alone(name, async () => {
      await work();
    });
  }
}

/**
 * Makes the proxy of one user.
 * @param env holds the binding `MCPProviders` and `VAULT_KEY`
 * @throws TypeError for options that cannot work, and without the binding where `store` is not given
 * @see spec/completions.md CC-24 to CC-30
 */
export function chatCompletionsProxy(
  env: object,
  options: ChatCompletionsProxyOptions,
): ChatCompletionsProxy {
  const network = { internet: own, local: own };
  const rowsOf = (user: string) => objectRows(objectOf(env, user));
  if (options.store === undefined) namespaceIn(env);
  return proxyOn({ fetch: own, network, rowsOf }, env, options);
}

function own(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  // oxlint-disable-next-line no-restricted-globals -- this is what the guarded fetch guards
  return fetch(input, init);
}

function objectOf(env: object, user: string): RowsObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the class above, as its stub
  return namespaceIn(env).getByName(user) as unknown as RowsObject;
}

function namespaceIn(env: object): DurableObjectNamespace {
  const bound = 'MCPProviders' in env ? env.MCPProviders : undefined;
  if (typeof bound === 'object' && bound !== null && 'getByName' in bound) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else has this method
    return bound as DurableObjectNamespace;
  }
  throw new TypeError('Bind the Durable Object class MCPProviders under the name MCPProviders.');
}

export { mcp } from '../proxy/mcp-tool.ts';
export { memoryRows } from '../login/memory-rows.ts';
export type { McpTool, McpToolOptions } from '../proxy/mcp-tool.ts';
export type { ChatCompletionsProxy } from '../proxy/chat-completions-proxy.ts';
export type { ChatCompletionsProxyOptions, ClientInfo } from '../proxy/proxy-options.ts';
export type { LoginRecord, LoginRows, LoginTarget, RowKind } from '../login/login.ts';
export type { RegisteredClient } from '../login/login-client.ts';
