import type { Provider } from '../../execute/model/providers.ts';

/** The headers with which this server shows its key to one of its own providers. */
export function keyHeaders({ id, key, headers }: Provider): Record<string, string> {
  const own = { 'user-agent': 'MarkdownOps', ...headers };
  if (key === null) return own;
  // Below its own paths, Anthropic takes no bearer.
  const native = { 'x-api-key': key.reveal(), 'anthropic-version': '2023-06-01' };
  return {
    ...own,
    authorization: `Bearer ${key.reveal()}`,
    ...(id === 'anthropic' ? native : {}),
  };
}
