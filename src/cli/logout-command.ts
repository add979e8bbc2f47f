import type { Connected } from './connected.ts';
import { connectionsFor } from './connections-place.ts';
import { interruption } from './interruption.ts';
import type { Arguments } from './options.ts';
import { serverOf } from './server-option.ts';
import type { Terminal } from './terminal.ts';
import { visibleLine } from './text-width.ts';
import { UsageError } from './usage-error.ts';

/** `mdops logout`: ends the logins to a tool server, the one of an id, or the key for a MarkdownOps server. */
export async function main(given: Arguments, terminal: Terminal): Promise<number> {
  const [name, ...more] = given.positionals;
  const server = serverOf(given, process.env);
  if (server !== null) {
    const { serverLogout } = await import('./server-login.ts');
    const signal = AbortSignal.any([interruption(), terminal.closed]);
    terminal.outLine(await serverLogout(server, process.env, signal));
    return 0;
  }
  if (name === undefined || more.length > 0) {
    throw new UsageError(
      'Name one server by its URL, one login by its id, or a MarkdownOps server with --server.',
    );
  }
  const signal = AbortSignal.any([interruption(), terminal.closed]);
  const place = await connectionsFor(given);
  const profile = given.value('profile');
  const meant = (await place.list(signal)).filter(
    (one) => isMeant(one, name) && (profile === undefined || one.profile === profile),
  );
  if (meant.length === 0) {
    throw new UsageError(`There is no login for \`${name}\`. See \`mdops connections\`.`);
  }
  for (const { id, server_url, profile: set } of meant) {
    await place.disconnect(id, signal);
    const which = set === 'default' ? '' : ` (profile ${visibleLine(set, 40)})`;
    terminal.outLine(`Logged out of ${visibleLine(server_url, 200)}${which}.`);
  }
  return 0;
}

function isMeant({ id, server_url }: Connected, name: string): boolean {
  if (id === name) return true;
  return URL.canParse(name) && new URL(name).href === server_url;
}
