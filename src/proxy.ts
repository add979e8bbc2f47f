/**
 * Tool servers with login on any `/chat/completions`, as a `fetch`.
 *
 * ```ts
 * import { chatCompletionsProxy, mcp } from 'markdownops/proxy';
 *
 * const { fetchProxy } = chatCompletionsProxy(process.env, {
 *   baseUrl: 'https://app.example',
 *   userId: 'alice',
 *   clientInfo: { name: 'My app', version: '1.0.0' },
 * });
 * const client = new OpenAI({ fetch: fetchProxy });
 * ```
 *
 * This is the library for Node and others; in a Worker the same name gives `proxy-workerd/`.
 * @see spec/completions.md, The library
 * @module
 */
import { nodeNetwork } from './node/node-network.ts';
import { proxyOn } from './proxy/chat-completions-proxy.ts';
import type { ChatCompletionsProxy } from './proxy/chat-completions-proxy.ts';
import type { ChatCompletionsProxyOptions } from './proxy/proxy-options.ts';

/**
 * Makes the proxy of one user. Without `store`, logins live as long as the object that this
 * gives; with it, a `vaultKey` seals them.
 * @param env where `VAULT_KEY` is looked for
 * @throws TypeError for options that cannot work
 * @see spec/completions.md CC-24 to CC-30
 */
export function chatCompletionsProxy(
  env: object,
  options: ChatCompletionsProxyOptions,
): ChatCompletionsProxy {
  return proxyOn({ fetch: own, network: nodeNetwork(), rowsOf: null }, env, options);
}

function own(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  // oxlint-disable-next-line no-restricted-globals -- this is what the proxy stands before
  return fetch(input, init);
}

/** The Durable Object of a Worker, which is none here. Types are the same on every platform. */
export class MCPProviders {
  /** What the platform's types know a Durable Object by. */
  declare readonly __DURABLE_OBJECT_BRAND: never;

  /** @throws TypeError always: give `store` where there are no Durable Objects */
  constructor(_ctx: unknown, _env: unknown) {
    throw new TypeError('MCPProviders is for Workers. Give chatCompletionsProxy a store instead.');
  }
}

export { mcp } from './proxy/mcp-tool.ts';
export { memoryRows } from './login/memory-rows.ts';
export type { McpTool, McpToolOptions } from './proxy/mcp-tool.ts';
export type { ChatCompletionsProxy } from './proxy/chat-completions-proxy.ts';
export type { ChatCompletionsProxyOptions, ClientInfo } from './proxy/proxy-options.ts';
export type { LoginRecord, LoginRows, LoginTarget, RowKind } from './login/login.ts';
export type { RegisteredClient } from './login/login-client.ts';
