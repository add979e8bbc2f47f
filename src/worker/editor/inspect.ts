import { systemClock } from '../../execute/system-clock.ts';
import { isToolOffered } from '../../run/tool-filter.ts';
import type { Connection, Ports, ToolDescription } from '../../execute/ports.ts';
import { asFault, Fault } from '../../fault/fault.ts';
import type { CompletionRequest, RequestReference, ToolServer } from '../../normalize/request.ts';
import { estimateTokens } from '../../protocol/token-estimate.ts';
import { json } from '../../connect/responses.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { normalizePosted } from '../post/create-run.ts';
import { readPrompt } from '../post/read-prompt.ts';
import { knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import { isOfThisServer } from '../principal/principal-name.ts';
import { runner } from '../principal/principal.ts';
import { enginePorts } from '../run/run-ports.ts';
import type { Settings } from '../settings.ts';
import { admitLook } from '../principal/admit-look.ts';

/** Addresses of one prompt that are asked; nobody writes more, and each is a request of ours. */
const MOST = 20;

/** Milliseconds that one address has. */
const ADDRESS_MS = 10_000;

/** What was found out about an address. */
interface Inspected {
  readonly url: string;
  readonly as: 'context' | 'server';
  readonly ok: boolean;
  /** One sentence about what is wrong; null when nothing is. */
  readonly message: string | null;
  readonly code: string | null;
  readonly media_type?: string | null;
  readonly bytes?: number | null;
  /** Estimated tokens: of the context, or of the descriptions of the tools. */
  readonly tokens: number | null;
  readonly tools?: number | null;
  readonly needs_login?: boolean;
  readonly has_login?: boolean;
  readonly can_login?: boolean;
  readonly profile?: string;
}

/** For whom, and how far, addresses are asked. */
interface Look {
  readonly request: CompletionRequest;
  readonly ports: Omit<Ports, 'log'>;
  readonly known: KnownRequest | null;
  /** Whether secrets and logins go along, as in a run. */
  readonly isWhole: boolean;
  /** URLs of the servers that the reader logged in to. */
  readonly logins: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/**
 * `POST /inspect`: what a run would find at the addresses of a prompt. Nothing is run, no model is
 * asked, no tool is called. Logins and secrets go along only for a document of the caller's own, and
 * only when asked for by `with_logins`: what was pasted from somewhere must get none of them before
 * its reader decides so.
 * @throws Fault as `POST /` does; `rate_limited`
 * @see spec/http-api.md, Inspect
 */
export async function inspect(request: Request, env: Env, settings: Settings): Promise<Response> {
  const principal = await runner(request, env, settings);
  const { searchParams } = new URL(request.url);
  const posted = await readPrompt(withoutQuery(request));
  const normalized = await normalizePosted(posted, { request, settings, principal });
  if (normalized.request === null) throw new Fault('invalid_prompt');
  const release = await admitLook(request, env, settings, principal);
  try {
    const isSuggested = posted.isSuggested === true || searchParams.has('suggested');
    const known = isSuggested ? null : await knownRequest(request, env, settings);
    const isWhole = known !== null && searchParams.has('with_logins');
    const use = {
      principal: isWhole ? known.principal : null,
      payer: null,
      isTrusted: known !== null && isOfThisServer(known.principal),
      canAnswer: false,
      origin: ownOrigin(request, settings),
      user: posted.user ?? '',
      profile: normalized.request.profile,
      run: null,
    };
    const ports = enginePorts({ env, use, clock: systemClock(0) });
    const logins = await loginsOf(known, use);
    const { signal } = request;
    const look = { request: normalized.request, ports, known, isWhole, logins, signal };
    return json({ object: 'inspection', addresses: await inspectAll(look) });
  } finally {
    release();
  }
}

/** What steers the inspection is no setting of the prompt. */
function withoutQuery(request: Request): Request {
  const url = new URL(request.url);
  url.search = '';
  return new Request(url, request);
}

/** URLs of the servers for which the reader has a login that the run would use. */
async function loginsOf(
  known: KnownRequest | null,
  { profile, user }: { profile: string; user: string },
): Promise<ReadonlySet<string>> {
  const targets = ((await known?.own.list()) ?? []).map(({ target }) => target);
  const own = targets.filter((target) => target.profile === profile && target.user === user);
  return new Set(own.map(({ url }) => url));
}

async function inspectAll(look: Look): Promise<Inspected[]> {
  const { servers, references } = look.request;
  const context = references.filter(({ as }) => as === 'context');
  // The operator's servers are the operator's: the prompt does not name them.
  const named = servers.filter(({ from }) => from !== 'operator');
  const looks = [
    ...named.map((server) => () => inspectServer(server, look)),
    ...context.map((reference) => () => inspectContext(reference, look)),
  ];
  return await Promise.all(looks.slice(0, MOST).map((start) => start()));
}

async function inspectContext(reference: RequestReference, look: Look): Promise<Inspected> {
  const { url } = reference;
  const { urls } = look.request;
  const policy = { ...urls, timeout: Math.min(urls.timeout, ADDRESS_MS / 1000) };
  const found = await look.ports.references.read(reference, policy, look.signal);
  return {
    url,
    as: 'context',
    ok: found.ok,
    message: found.ok ? (found.cut === true ? 'It is cut.' : null) : sentence(found.error?.message),
    code: found.error?.code ?? null,
    media_type: found.media_type ?? null,
    bytes: found.bytes ?? null,
    tokens: found.tokens ?? null,
  };
}

async function inspectServer(server: ToolServer, look: Look): Promise<Inspected> {
  const { url } = server;
  const about = { url, as: 'server', profile: look.request.profile } as const;
  const signal = AbortSignal.any([look.signal, AbortSignal.timeout(ADDRESS_MS)]);
  try {
    const asked = look.isWhole ? server : withoutSecrets(server);
    const connection = await look.ports.servers.connect(asked, signal);
    await connection.close().catch(() => undefined);
    const tools = connection.tools.filter((tool) => isToolOffered(tool, server, look.request));
    const tokens = tools.reduce((sum, tool) => sum + toolTokens(tool), 0);
    const message = missing(connection, server, look);
    return { ...about, ok: true, message, code: null, tools: tools.length, tokens };
  } catch (thrown) {
    const fault = asFault(thrown, signal.aborted ? 'server_timeout' : 'server_unreachable');
    return { ...about, ok: false, code: fault.code, tokens: null, ...refusal(fault, server, look) };
  }
}

/** The tools that the prompt wants and that cannot be used. */
function missing({ leftOut = [] }: Connection, server: ToolServer, look: Look): string | null {
  const wanted = leftOut.filter((tool) => isToolOffered(tool, server, look.request));
  const [first] = wanted;
  if (first === undefined) return null;
  const count = wanted.length === 1 ? 'One tool is' : `${wanted.length} tools are`;
  return `${count} left out. ${first.why}`;
}

/** What is wrong, and what the reader can do about it. */
function refusal(
  { code, message }: Fault,
  server: ToolServer,
  look: Look,
): Pick<Inspected, 'message' | 'needs_login' | 'has_login' | 'can_login'> {
  if (code === 'server_not_mcp' && server.from === 'body') {
    return { message: 'It is no MCP server, so a run reads it as a document.' };
  }
  if (code !== 'login_required') return { message };
  const bringsOwn = server.authorization !== undefined || Object.keys(server.headers).length > 0;
  const has_login = look.logins.has(plainUrl(server.url));
  const logins = { needs_login: true, has_login, can_login: look.known !== null && !bringsOwn };
  if (look.isWhole) return { ...logins, message: 'It wants a login.' };
  const later = bringsOwn ? 'A run sends what its headers say.' : 'A run uses yours.';
  return { ...logins, message: `It wants a login.${bringsOwn || has_login ? ` ${later}` : ''}` };
}

function plainUrl(written: string): string {
  if (!URL.canParse(written)) return written;
  const url = new URL(written);
  url.hash = '';
  return url.href;
}

/** Headers name secrets, and a secret that is sent is gone. */
function withoutSecrets({ authorization: _secret, ...server }: ToolServer): ToolServer {
  return { ...server, headers: {} };
}

function toolTokens({ name, description = '', inputSchema }: ToolDescription): number {
  const text = `${name}\n${description}\n${JSON.stringify(inputSchema)}`;
  return estimateTokens([{ type: 'text', text }]);
}

/** Faults of references are parts of a sentence. */
function sentence(text = 'It could not be read.'): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
