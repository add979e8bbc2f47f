import type { Connection } from '../execute/ports.ts';
import { Fault } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import { counted } from '../publish/figures.ts';
import { remoteOf } from './connections-place.ts';
import { allowList } from './environment.ts';
import { interruption } from './interruption.ts';
import { Keyboard } from './keyboard.ts';
import { linkManner } from './link-manner.ts';
import { LocalLogins } from './local-logins.ts';
import { localServers } from './local-ports.ts';
import { LocalVault } from './local-vault.ts';
import { hostOf } from './login-page.ts';
import type { Arguments } from './options.ts';
import { Person } from './person.ts';
import { remoteLogin } from './remote-login.ts';
import { serverOf } from './server-option.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** How long somebody may take to log in, in milliseconds. */
const PATIENCE = 30 * 60_000;

/** What a login on this machine is made with. */
interface LocalOrder {
  readonly url: string;
  readonly profile: string;
  readonly allowed: readonly string[];
  readonly person: Person;
  readonly signal: AbortSignal;
}

/**
 * `mdops login`: logs in to a tool server ahead of time, here or on a MarkdownOps server; without a
 * tool server it signs in to a MarkdownOps server itself.
 */
export async function main(given: Arguments, terminal: Terminal): Promise<number> {
  const server = serverOf(given, process.env);
  const url = server === null ? serverUrl(given.positionals) : '';
  const profile = given.value('profile') ?? 'default';
  const remote = await remoteOf(given);
  const manner = { ...linkManner(given), waits: true };
  const person = new Person(terminal, new Keyboard(process.stdin), manner);
  const interrupted = interruption();
  const late = AbortSignal.timeout(PATIENCE);
  const signal = AbortSignal.any([interrupted, terminal.closed, late]);
  try {
    if (server !== null) {
      const { serverLogin } = await import('./server-login.ts');
      const typesCode = given.has('code');
      const order = { server, typesCode, person, env: process.env, signal };
      terminal.outLine(await serverLogin(order));
      return 0;
    }
    const allowed = allowList(process.env, given.values('allow'));
    const said =
      remote === null
        ? await localLogin({ url, profile, allowed, person, signal })
        : await remoteLogin(remote, { url, profile, person, signal });
    terminal.outLine(said);
    return 0;
  } catch (error) {
    if (interrupted.aborted || terminal.closed.aborted)
      throw new Fault('cancelled', 'The login was cancelled.');
    if (late.aborted) throw new Fault('login_expired');
    throw error;
  }
}

async function localLogin(order: LocalOrder): Promise<string> {
  const { url, profile, allowed, person, signal } = order;
  const vault = new LocalVault(process.env, allowed);
  await vault.exists();
  const logins = new LocalLogins({ vault, person, profile, mayWait: true, signal });
  const servers = localServers({ allowed, env: process.env, logins });
  const connect = (): Promise<Connection> => servers.connect(namedServer(url), signal);
  const host = hostOf(url);
  try {
    const connection = await connect();
    const tools = await toolsOf(connection);
    return connection.usedLogin === true
      ? `You are logged in to ${host} already: ${tools}.`
      : `${host} needs no login: ${tools}.`;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'login_required') throw error;
  }
  try {
    await logins.login(url);
    return `Logged in to ${host}: ${await toolsOf(await connect())}.`;
  } finally {
    await logins.close();
  }
}

async function toolsOf(connection: Connection): Promise<string> {
  const tools = counted(connection.tools.length, 'tool');
  await connection.close().catch(() => undefined);
  return tools;
}

function namedServer(url: string): ToolServer {
  return {
    label: hostOf(url),
    url,
    type: 'mcp',
    headers: {},
    require_approval: 'never',
    from: 'frontmatter',
  };
}

function serverUrl([url, ...more]: readonly string[]): string {
  if (url === undefined || more.length > 0)
    throw new UsageError('Name one tool server by its URL, or a MarkdownOps server with --server.');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`\`${url}\` is not an http or https URL.`);
  }
  const exact = new URL(url);
  exact.hash = '';
  return exact.href;
}
