import { setTimeout as pause } from 'node:timers/promises';

import { Fault } from '../fault/fault.ts';
import { isObject } from '../protocol/json.ts';
import { hostOf } from './login-page.ts';
import type { Person } from './person.ts';
import { remoteConnections } from './remote-connections.ts';
import type { RemoteServer } from './remote-server.ts';

/** Milliseconds between two looks whether the login is done: the first pause, and the longest. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 10_000;

/** Looks in a row that may fail; the server may be starting anew. */
const MAX_FAILURES = 5;

/** What a login on a MarkdownOps server is made with. */
export interface RemoteLoginOrder {
  readonly url: string;
  readonly profile: string;
  readonly person: Person;
  /** Aborts when it takes too long, too. */
  readonly signal: AbortSignal;
}

/**
 * Asks a MarkdownOps server for a login link, shows it, and waits until the login is there.
 * @returns what to say
 */
export async function remoteLogin(server: RemoteServer, order: RemoteLoginOrder): Promise<string> {
  const { url, profile, person, signal } = order;
  const host = hostOf(url);
  const before = new Set(await idsOf(server, order));
  const asked = await server.ask('connections', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, profile }),
    signal,
  });
  const link = linkIn(asked);
  person.say('login', `Log in to ${host} here, signed in as the owner of the key:`);
  const done = new AbortController();
  void person.showLink(link, AbortSignal.any([signal, done.signal]));
  try {
    let failures = 0;
    for (let wait = FIRST_PAUSE; ; wait = Math.min(LONGEST_PAUSE, wait * 1.5)) {
      await pause(wait, undefined, { signal });
      const now = await idsOf(server, order).catch((error: unknown) => {
        failures += 1;
        if (signal.aborted || failures >= MAX_FAILURES) throw error;
        return null;
      });
      if (now === null) continue;
      failures = 0;
      if (now.some((id) => !before.has(id))) return `Logged in to ${host}.`;
    }
  } finally {
    done.abort();
  }
}

/** The logins to the server; a new one has a new id. */
async function idsOf(
  server: RemoteServer,
  { url, profile, signal }: RemoteLoginOrder,
): Promise<readonly string[]> {
  const all = await remoteConnections(server).list(signal);
  return (
    all
      // Of a server of the operator only the origin is shown.
      .filter((one) => url.startsWith(one.server_url) && one.profile === profile)
      .map(({ id }) => id)
  );
}

function linkIn(body: unknown): string {
  const link = isObject(body) ? body['connect_url'] : undefined;
  if (typeof link === 'string' && /^https?:\/\//.test(link)) return link;
  throw new Fault('internal', 'The server did not send a link that can be opened.');
}
