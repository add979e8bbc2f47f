import type { Environment } from './environment.ts';
import type { Arguments } from './options.ts';
import { UsageError } from './usage-error.ts';

const OF_TOOL_SERVERS = ['profile', 'allow', 'remote', 'key'];

/**
 * The MarkdownOps server that a command is about; null when it is about a tool server.
 * @throws UsageError for options that do not go together, and when neither is named
 */
export function serverOf(given: Arguments, env: Environment): string | null {
  const named = given.value('server');
  const isToolServer = given.positionals.length > 0;
  if (isToolServer) {
    const stray = ['server', 'code'].find((name) => given.has(name));
    if (stray === undefined) return null;
    throw new UsageError(`\`--${stray}\` is for a MarkdownOps server and takes no other URL.`);
  }
  const server = named ?? env['MDOPS_SERVER'] ?? '';
  if (server === '') return null;
  const stray = OF_TOOL_SERVERS.find((name) => given.has(name));
  if (stray === undefined) return server;
  throw new UsageError(`\`--${stray}\` is for tool servers. Name one by its URL.`);
}
