import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';

import { Fault } from '../fault/fault.ts';
import { isObject } from '../protocol/json.ts';
import { CodeListener } from './code-listener.ts';
import type { Environment } from './environment.ts';
import { hostOf } from './login-page.ts';
import type { Person } from './person.ts';
import { RemoteServer } from './remote-server.ts';
import { ServerKeys, type ServerKey } from './server-keys.ts';
import { oneLine } from './text-width.ts';
import { UsageError } from './usage-error.ts';

/** What signing in to a MarkdownOps server is made with. */
export interface ServerLoginOrder {
  /** Address of the server. */
  readonly server: string;
  /** Whether the browser is elsewhere, and a code is typed here. */
  readonly typesCode: boolean;
  readonly person: Person;
  readonly env: Environment;
  /** Aborts when it takes too long, too. */
  readonly signal: AbortSignal;
}

/**
 * Has a MarkdownOps server make a key for this machine, and keeps it.
 * @returns what to say
 * @throws UsageError for an address to which a key must not go; Fault
 */
export async function serverLogin(order: ServerLoginOrder): Promise<string> {
  const { server, env, signal } = order;
  checkSecure(server);
  const remote = new RemoteServer(server, undefined);
  const host = hostOf(server);
  if (await isOwner(remote, signal)) {
    return `${host} knows whoever sits at this machine: it needs no key from here.`;
  }
  const verifier = randomBytes(32).toString('base64url');
  const code = await codeFrom(order, createHash('sha256').update(verifier).digest('base64url'));
  const made = await remote.ask('account/cli/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, code_verifier: verifier }),
    signal,
  });
  const key = keyIn(made);
  const keys = new ServerKeys(env);
  const before = await keys.find(server);
  await keys.put(server, key);
  // One key for one machine; that it could not be ended is seen on the page of the account.
  if (before !== null) await revoked(server, before, signal).catch(() => false);
  return `Signed in to ${host} as ${oneLine(key.person, 100)}. Runs with --remote ${new URL(server).origin} use the new key.`;
}

/**
 * Ends the key for a server, there and here.
 * @returns what to say
 * @throws UsageError when there is none
 */
export async function serverLogout(
  server: string,
  env: Environment,
  signal: AbortSignal,
): Promise<string> {
  const keys = new ServerKeys(env);
  const key = await keys.find(server);
  const host = hostOf(server);
  if (key === null) throw new UsageError(`There is no key for ${host} here.`);
  const isOver = await revoked(server, key, signal).catch(() => null);
  await keys.put(server, null);
  return isOver === null
    ? `Forgot the key for ${host}. The server could not be told: revoke the key on its account page.`
    : `Signed out of ${host}; its key is revoked.`;
}

/** False when the server did not know it any more. */
async function revoked(
  server: string,
  { id, key }: ServerKey,
  signal: AbortSignal,
): Promise<boolean> {
  const remote = new RemoteServer(server, key);
  try {
    await remote.ask(`account/keys/${encodeURIComponent(id)}`, { method: 'DELETE', signal });
    return true;
  } catch (error) {
    const isGone = error instanceof Fault && ['unauthorized', 'not_found'].includes(error.code);
    if (isGone) return false;
    throw error;
  }
}

/** A server of this machine knows its person without a key. */
async function isOwner(remote: RemoteServer, signal: AbortSignal): Promise<boolean> {
  try {
    const account = await remote.ask('account', { signal });
    return isObject(account) && account['principal'] === 'local';
  } catch (error) {
    if (error instanceof Fault && error.code === 'unauthorized') return false;
    throw error;
  }
}

async function codeFrom(order: ServerLoginOrder, challenge: string): Promise<string> {
  const { server, person, signal, typesCode } = order;
  const state = randomBytes(32).toString('base64url');
  const asked = { state, code_challenge: challenge, name: oneLine(`mdops on ${hostname()}`, 64) };
  const said = `Sign in to ${hostOf(server)} here, and let it make a key for mdops:`;
  if (typesCode) {
    person.say('login', said, linkTo(server, asked), 'Then paste the code that it shows:');
    return typedLine(signal);
  }
  const listener = await CodeListener.open(state);
  const done = new AbortController();
  try {
    person.say('login', said);
    const link = linkTo(server, { port: String(listener.port), ...asked });
    void person.showLink(link, AbortSignal.any([signal, done.signal]));
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Fault('cancelled')), { once: true });
    });
    return await Promise.race([listener.code, aborted]);
  } finally {
    done.abort();
    listener.close();
  }
}

/** One line of standard input. */
async function typedLine(signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false, signal });
  try {
    for await (const line of lines) if (line.trim() !== '') return line.trim();
  } finally {
    lines.close();
  }
  throw new Fault('cancelled', 'No code was given.');
}

function linkTo(server: string, fields: Readonly<Record<string, string>>): string {
  const url = new URL('/account/cli', server);
  url.search = new URLSearchParams(fields).toString();
  return url.href;
}

function keyIn(body: unknown): ServerKey {
  const { id, key, person } = isObject(body) ? body : {};
  if (typeof id === 'string' && typeof key === 'string' && /^[!-~]{16,512}$/.test(key)) {
    return { id, key, person: typeof person === 'string' ? person : '' };
  }
  throw new Fault('internal', 'The server did not send a key.');
}

/** A key must not be readable on the way. */
function checkSecure(server: string): void {
  const url = URL.canParse(server) ? new URL(server) : null;
  const isHere = url !== null && /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (isHere && url.protocol === 'http:')) return;
  throw new UsageError(`\`--server ${server}\` is not an https URL.`);
}
