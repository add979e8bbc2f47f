import { isoTime } from '../publish/iso-time.ts';
import type { Connected } from './connected.ts';
import { connectionsFor } from './connections-place.ts';
import type { Arguments } from './options.ts';
import type { Terminal } from './terminal.ts';
import { textWidth, visibleLine } from './text-width.ts';
import { UsageError } from './usage-error.ts';

/** `mdops connections`: the logins to tool servers. */
export async function main(given: Arguments, terminal: Terminal): Promise<number> {
  if (given.positionals.length > 0) throw new UsageError('`connections` takes no names.');
  const place = await connectionsFor(given);
  const all = (await place.list(terminal.closed)).toSorted(byServer);
  if (given.has('json')) terminal.outLine(JSON.stringify(all.map(asJson), null, 2));
  else terminal.outLine(table(all, terminal));
  return 0;
}

function byServer(a: Connected, b: Connected): number {
  const [one, other] = [a, b].map(({ server_url, profile }) => `${server_url} ${profile}`);
  return (one ?? '') < (other ?? '') ? -1 : 1;
}

function asJson({ created_at, expires_at, ...rest }: Connected): object {
  return {
    ...rest,
    created_at: isoTime(created_at),
    expires_at: expires_at === null ? null : isoTime(expires_at),
  };
}

function table(all: readonly Connected[], { paintOut }: Terminal): string {
  if (all.length === 0) return 'There are no logins. `mdops login URL` makes one.';
  const head = ['SERVER', 'PROFILE', 'LOGGED IN AT', 'SCOPE', 'SINCE', 'ID'];
  const rows = [head, ...all.map(cells)];
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - textWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
  return [paintOut('dim', lines[0] ?? ''), ...lines.slice(1)].join('\n');
}

function cells(connected: Connected): string[] {
  const { server_url, profile, issuer, scope, created_at, id } = connected;
  return [
    visibleLine(server_url, 80),
    visibleLine(profile, 20),
    visibleLine(issuer, 40),
    visibleLine(scope === '' ? '-' : scope, 40),
    isoTime(created_at).slice(0, 10),
    visibleLine(id, 64),
  ];
}
