import { providerChoices } from '../execute/model/providers.ts';
import { Fault } from '../fault/fault.ts';
import type { CompletionRequest, NormalizeContext, Normalized } from '../normalize/request.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type { Problem } from '../parse/problem.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import type { JsonObject } from '../protocol/json.ts';
import { UNSTORED_MS } from '../run/publication.ts';
import { isoTime } from '../publish/iso-time.ts';
import { problemJson } from '../publish/render-json.ts';
import { runUrls } from '../publish/run-urls.ts';
import { withSealedCallback } from './callback-address.ts';
import { callbackSecret } from './callback-secret.ts';
import type { Env } from './env.ts';
import { runClient } from './run-client.ts';
import { ownOrigin, ownOrigins } from './guards.ts';
import { principalName } from './principal.ts';
import type { Principal } from './principal.ts';
import type { PostedPrompt } from './read-prompt.ts';
import { newRunId, ownerToken } from './run-id.ts';
import type { Settings } from './settings.ts';

/** What the reply to a creation says. */
export interface CreatedRun {
  readonly id: string;
  readonly object: 'run';
  readonly status: 'queued';
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

/** The posted prompt with every setting decided for this server. */
export function normalizePosted(
  posted: PostedPrompt,
  request: Request,
  settings: Settings,
): Normalized {
  const document = parsePrompt(posted.text);
  const normalized = normalizePrompt(document, contextOf(request, settings), posted.inputs);
  if (posted.wantsIdempotency !== true) return normalized;
  return { ...normalized, problems: [...normalized.problems, NOT_IDEMPOTENT] };
}

/** Said rather than ignored: a caller that counts on the key would run its prompt twice. */
const NOT_IDEMPOTENT: Problem = {
  code: 'not_idempotent',
  severity: 'warning',
  message: 'Idempotency-Key is not supported yet: the same request again makes another run.',
};

function contextOf(request: Request, settings: Settings): NormalizeContext {
  return {
    providers: providerChoices(settings.providers),
    ownOrigins: ownOrigins(request, settings),
    operatorServers: settings.operatorServers,
  };
}

/** Everything that the acceptance of a run needs. */
export interface Acceptance {
  readonly env: Env;
  readonly settings: Settings;
  readonly request: Request;
  readonly principal: Principal;
  readonly posted: PostedPrompt;
  readonly normalized: Normalized;
}

/**
 * Accepts the run; when this resolves, it is durable and on its way.
 * @param isSuggested whether it runs with nothing that is its owner's
 * @throws Fault `invalid_prompt` when the prompt has an error
 */
export async function createRun(acceptance: Acceptance, isSuggested: boolean): Promise<CreatedRun> {
  const { env, settings, principal, normalized, posted } = acceptance;
  if (normalized.request === null) throw new Fault('invalid_prompt');
  const origin = ownOrigin(acceptance.request, settings);
  const id = await newRunId(settings.idKey);
  const expires_at = expiryOf(normalized.request, Date.now());
  const created = await runClient(env, id).accept(
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
      is_suggested: isSuggested,
      user: posted.user ?? '',
      origin,
      expires_at,
    },
  );
  const urls = runUrls(origin, id);
  return {
    id,
    object: 'run',
    status: 'queued',
    url: urls.html,
    markdown_url: urls.markdown,
    json_url: urls.json,
    events_url: urls.events,
    owner_token: await ownerToken(settings.idKey, id),
    ...(isSuggested || normalized.request.callback === undefined
      ? {}
      : { callback_secret: await callbackSecret(settings.idKey, id) }),
    problems: normalized.problems.map(problemJson),
    created_at: isoTime(created),
    expires_at: expires_at === null ? null : isoTime(expires_at),
  };
}

/** `ttl` wins over `store`; without either a run is kept. */
export function expiryOf(request: CompletionRequest, now: number): number | null {
  if (request.ttl === 'never') return null;
  if (request.ttl !== null) return now + request.ttl * 1000;
  return request.store === false ? now + UNSTORED_MS : null;
}
