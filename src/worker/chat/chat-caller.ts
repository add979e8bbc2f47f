import type { ChatRequest } from '../../completions/chat-request.ts';
import { admitWork } from '../principal/admission.ts';
import type { Env } from '../env.ts';
import { isLocalHost, ownOrigin } from '../guards.ts';
import { principalName, runner } from '../principal/principal.ts';
import { mac } from '../../connect/keyed-hash.ts';
import { base62, randomBase62 } from '../../login/base62.ts';
import { bearer, identityOfSession } from '../principal/identity.ts';
import { isGuest } from '../principal/principal-name.ts';
import { isUserKey } from '../account/user-token.ts';
import type { Settings } from '../settings.ts';

/** A request to one of the completions doors. */
export interface ChatAsked {
  readonly env: Env;
  readonly settings: Settings;
  readonly request: Request;
  /** Keeps the Worker alive after the answer until this is done. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Who asks for a completion. */
export interface ChatCaller {
  /** As `principalName` says it; null for nobody we know. */
  readonly principal: string | null;
  /** Whether what belongs to this server's people may be used: its secrets, its open addresses. */
  readonly isTrusted: boolean;
  /** Whether runs and logins can be theirs: not where a name could be made up. */
  readonly canOwn: boolean;
  /** Whether somebody else's words stand before theirs: then nothing that is theirs is used. */
  readonly isSuggested: boolean;
  /** Origin under which they see us. */
  readonly origin: string;
}

/**
 * The caller of the server's own models.
 * @throws Fault `unauthorized`
 */
export async function ownCaller(asked: ChatAsked): Promise<ChatCaller> {
  const { request, settings } = asked;
  const principal = await whoAsks(asked);
  const isKnown = principal !== null;
  return {
    principal,
    isTrusted: isKnown && !isGuest(principal),
    canOwn: isKnown,
    isSuggested: false,
    origin: ownOrigin(request, settings),
  };
}

async function whoAsks({ request, env, settings }: ChatAsked): Promise<string | null> {
  if (!isPerson(request, settings)) return principalName(await runner(request, env, settings));
  // Whoever signed in at a local server wants to be that one, and not who sits there.
  const session = await identityOfSession(request, env, settings);
  return session === null ? 'local' : principalName(session.principal);
}

/**
 * Whether the person at the machine asks, whatever key comes along: SDKs always send one, and where
 * no key is configured none can be right or wrong. Pages of other sites were refused before.
 * @see spec/identity.md ID-25
 */
function isPerson(request: Request, settings: Settings): boolean {
  const { localOwner, apiKeys } = settings;
  const isOfUser = isUserKey(bearer(request) ?? '');
  return localOwner && apiKeys.length === 0 && !isOfUser && isLocalHost(request, settings);
}

/**
 * The caller of a provider with a key of theirs: the person at the machine or behind a session,
 * else somebody who is known by nothing but that key. Such a name can be made up, so off loopback
 * nobody is asked to log in for it: a stranger could send others a link to a login of ours.
 */
export async function hostedCaller(
  { request, env, settings }: ChatAsked,
  host: string,
): Promise<ChatCaller> {
  const origin = ownOrigin(request, settings);
  const session = await identityOfSession(request, env, settings);
  if (session !== null) {
    const principal = principalName(session.principal);
    return { principal, isTrusted: !isGuest(principal), canOwn: true, isSuggested: false, origin };
  }
  if (settings.localOwner && isLocalHost(request, settings)) {
    return { principal: 'local', isTrusted: true, canOwn: true, isSuggested: false, origin };
  }
  const key = request.headers.get('authorization') ?? request.headers.get('x-api-key') ?? '';
  const name = base62(await mac(settings.idKey, `provider-key:${host}\n${key}`), 43);
  const principal = `provider:${name}`;
  return { principal, isTrusted: false, canOwn: false, isSuggested: false, origin };
}

/** Seconds after its time limit at which a completion is surely over. */
const GRACE_S = 60;

/**
 * Counts a completion for its caller, like a run.
 * @returns to be called when it is over
 * @throws Fault `rate_limited`
 */
export function countedChat(
  { env, settings, request }: ChatAsked,
  caller: ChatCaller,
  { request: { limits } }: ChatRequest,
  id: string,
): Promise<() => void> {
  const until = Date.now() + (limits.timeout + GRACE_S) * 1000;
  return admitWork({ env, settings, request, id, until }, caller);
}

/** A name for one answer. */
export function completionId(): string {
  return `chatcmpl-${randomBase62(29)}`;
}
