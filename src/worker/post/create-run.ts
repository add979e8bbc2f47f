import { waitUntil } from 'cloudflare:workers';
import { pricedProviders } from '../../execute/model/prices.ts';
import { Fault } from '../../fault/fault.ts';
import type { CompletionRequest, NormalizeContext, Normalized } from '../../normalize/request.ts';
import { normalizePrompt } from '../../normalize/normalize-prompt.ts';
import { parsePrompt } from '../../parse/parse-prompt.ts';
import type { Problem } from '../../parse/problem.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { RunStatus } from '../../run/run.ts';
import { UNSTORED_MS } from '../../run/publication.ts';
import { isoTime } from '../../publish/iso-time.ts';
import { problemJson } from '../../publish/render-json.ts';
import { runUrls } from '../../publish/run-urls.ts';
import { withSealedCallback } from '../callback/callback-address.ts';
import { callbackSecret } from '../callback/callback-secret.ts';
import { operatorServersFor, providersFor } from '../account/user-providers.ts';
import type { Env } from '../env.ts';
import { runClient } from '../run/run-client.ts';
import { admitRun } from '../principal/admission.ts';
import { ownOrigin, ownOrigins } from '../guards.ts';
import { principalClient } from '../principal/principal-client.ts';
import { isOfThisServer } from '../principal/principal-name.ts';
import { principalName } from '../principal/principal.ts';
import type { Principal } from '../principal/principal.ts';
import type { PostedPrompt } from './read-prompt.ts';
import { there } from '../run/read-run.ts';
import type { AcceptedRun } from '../run/run-record.ts';
import { newRunId, ownerToken } from '../run/run-id.ts';
import type { Settings } from '../settings.ts';

/** What the reply to a creation says. */
export interface CreatedRun {
  readonly id: string;
  readonly object: 'run';
  readonly status: RunStatus;
  readonly url: string;
  readonly markdown_url: string;
  readonly json_url: string;
  readonly events_url: string;
  readonly owner_token: string;
  /** What its callbacks are signed with; absent without one. */
  readonly callback_secret?: string;
  readonly problems: readonly JsonObject[];
  readonly created_at: string;
  readonly expires_at: string | null;
}

/** A run that a request made, or found under its key. */
export interface Creation {
  readonly created: CreatedRun;
  /** Whether an earlier request with the same key made it. */
  readonly isReplay: boolean;
}

/** The posted prompt with every setting decided for this server. */
export async function normalizePosted(
  posted: PostedPrompt,
  { request, settings, principal }: Pick<Acceptance, 'request' | 'settings' | 'principal'>,
): Promise<Normalized> {
  const document = parsePrompt(posted.text);
  const whose = principalName(principal);
  const context: NormalizeContext = {
    ...(await pricedProviders(providersFor(settings, whose))),
    ownOrigins: ownOrigins(request, settings),
    operatorServers: operatorServersFor(settings, isOfThisServer(whose)),
  };
  const normalized = normalizePrompt(document, context, posted.inputs);
  return posted.isLikeForm === true
    ? { ...normalized, problems: [...normalized.problems, UNREAD_FORM] }
    : normalized;
}

/** The run would else answer `prompt=…` literally, and its fields would be lost without a word. */
const UNREAD_FORM: Problem = {
  code: 'unread_form',
  severity: 'warning',
  message:
    'The body is taken as the document: it is not encoded as a form. For fields, send JSON, or write --data-urlencode or -F instead of -d in curl.',
};

/** Everything that the acceptance of a run needs. */
export interface Acceptance {
  readonly env: Env;
  readonly settings: Settings;
  readonly request: Request;
  readonly principal: Principal;
  /** Client id of the program that acts for them; null or absent for themselves. */
  readonly program?: string | null;
  readonly posted: PostedPrompt;
  readonly normalized: Normalized;
}

/** A key whose run was deleted is free for a new one; more often than this it is not. */
const MOST_TRIES = 3;

/**
 * Accepts the run; when this resolves, it is durable and on its way. With a key that was used for the
 * same request it is the run of then.
 * @param isSuggested whether it runs with nothing that is its owner's
 * @throws Fault `invalid_prompt` when the prompt has an error, `rate_limited`, `idempotency_mismatch`,
 *   `gone` when the run of the key has expired
 */
export async function createRun(acceptance: Acceptance, isSuggested: boolean): Promise<Creation> {
  for (let tried = 0; tried < MOST_TRIES; tried += 1) {
    const creation = await tryToCreate(acceptance, isSuggested);
    if (creation !== null) return creation;
  }
  throw new Fault('internal');
}

/** Null when the run of the key was deleted: the key is free now. */
async function tryToCreate(acceptance: Acceptance, isSuggested: boolean): Promise<Creation | null> {
  const { env, settings, principal, program = null, normalized, posted } = acceptance;
  if (normalized.request === null) throw new Fault('invalid_prompt');
  const origin = ownOrigin(acceptance.request, settings);
  const expires_at = expiryOf(normalized.request, Date.now());
  const planned = { id: await newRunId(settings.idKey), expires_at, isSuggested };
  const { id, isReplay, address, listed } = await admitRun(acceptance, planned);
  const accepted = await runClient(env, id).accept(
    {
      type: 'run-start',
      version: 1,
      id,
      prompt: posted.text,
      request: await withSealedCallback(normalized.request, id, settings),
      problems: normalized.problems,
      expires_at,
    },
    {
      principal: principalName(principal),
      program,
      is_suggested: isSuggested,
      user: posted.user ?? '',
      origin,
      expires_at,
      address,
      has_key: posted.idempotencyKey !== undefined,
    },
  );
  if (listed !== undefined) waitUntil(listed);
  if (accepted.found === 'nothing' && principal.kind !== 'anonymous') {
    const who = { principal: principalName(principal), origin };
    await principalClient(env, who).noteRun(id, null);
    return null;
  }
  const created = await describeRun(settings, origin, { id, ...there(accepted) });
  return { created: { ...created, problems: normalized.problems.map(problemJson) }, isReplay };
}

/** What the creator of a run is told: where it is, and what proves ownership. */
export async function describeRun(
  settings: Settings,
  origin: string,
  { id, status, created_at, expires_at, has_callback }: AcceptedRun & { readonly id: string },
): Promise<CreatedRun> {
  const urls = runUrls(origin, id);
  return {
    id,
    object: 'run',
    status,
    url: urls.html,
    markdown_url: urls.markdown,
    json_url: urls.json,
    events_url: urls.events,
    owner_token: await ownerToken(settings.idKey, id),
    ...(has_callback ? { callback_secret: await callbackSecret(settings.idKey, id) } : {}),
    problems: [],
    created_at: isoTime(created_at),
    expires_at: expires_at === null ? null : isoTime(expires_at),
  };
}

/** `ttl` wins over `store`; without either a run is kept. */
export function expiryOf(request: CompletionRequest, now: number): number | null {
  if (request.ttl === 'never') return null;
  if (request.ttl !== null) return now + request.ttl * 1000;
  return request.store === false ? now + UNSTORED_MS : null;
}
