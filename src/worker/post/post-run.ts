import { Fault } from '../../fault/fault.ts';
import { explain } from '../../normalize/explain.ts';
import { problemJson } from '../../publish/render-json.ts';
import { preferred } from '../../connect/accept.ts';
import { keyOfNobody } from '../principal/admission.ts';
import { createRun, normalizePosted } from './create-run.ts';
import type { Acceptance, CreatedRun } from './create-run.ts';
import type { Env } from '../env.ts';
import { decide } from './confirm-document.ts';
import { setCookie } from '../../connect/cookies.ts';
import { runClient } from '../run/run-client.ts';
import { wantsPage } from '../../connect/accept.ts';
import { faultResponse } from '../fault-response.ts';
import { OWNER_COOKIE, runner } from '../principal/principal.ts';
import { readPrompt } from './read-prompt.ts';
import type { PostedPrompt } from './read-prompt.ts';
import { readingResponse, there } from '../run/read-run.ts';
import type { Found } from '../run/run-found.ts';
import { json } from '../../connect/responses.ts';
import { sseFrame } from '../run/sse.ts';
import type { Settings } from '../settings.ts';

/** Longest time that a request is held. */
const MAX_WAIT_S = 600;

/** The media types in which a creation can be answered; JSON for who does not care. */
const REPLIES = [
  'application/json',
  'text/event-stream',
  'text/markdown',
  'text/plain',
  'text/html',
] as const;

/**
 * `POST /` and `POST /runs`: runs a prompt.
 * @throws Fault as {@link readPrompt} and {@link runner} do
 * @see spec/http-api.md, Run a prompt
 */
export async function postRun(request: Request, env: Env, settings: Settings): Promise<Response> {
  const principal = await runner(request, env, settings);
  const { searchParams } = new URL(request.url);
  const wait = waitOf(request, searchParams);
  const posted = await readPrompt(request);
  if (principal.kind === 'anonymous' && posted.idempotencyKey !== undefined) throw keyOfNobody();
  const normalized = await normalizePosted(posted, { request, settings, principal });
  if (isOn(searchParams.get('dry_run'))) {
    return json(explain(normalized), normalized.request === null ? 422 : 200);
  }
  if (normalized.request === null) {
    const problems = normalized.problems.map(problemJson);
    if (!wantsPage(request)) return faultResponse(refusalOf(posted), request, { problems });
    const isSuggested = posted.isSuggested === true;
    const { problems: found } = normalized;
    const { editorPage } = await import('../editor/doors.ts');
    return editorPage(
      { request, env, settings },
      { prompt: posted.text, problems: found, isSuggested },
      422,
    );
  }
  const acceptance = { env, settings, request, principal, posted, normalized };
  const decision = await decide(acceptance);
  if (decision.kind === 'ask') return decision.page;
  const { created, isReplay } = await createRun(acceptance, decision.isSuggested);
  const response = await (wait === null
    ? reply(created, acceptance)
    : held(created, acceptance, wait));
  if (isReplay) response.headers.set('idempotency-replayed', 'true');
  return response;
}

/** An empty body is most often curl's, to which `-d '@/demo/mcp …'` names a file that is not there. */
function refusalOf({ text }: PostedPrompt): Fault {
  if (text !== '') return new Fault('invalid_prompt');
  return new Fault(
    'invalid_prompt',
    'Nothing was sent. The body is the document. For curl, text that begins with @ names a file: write --data-binary @FILE, or @- for its input.',
  );
}

async function reply(created: CreatedRun, { env, request }: Acceptance): Promise<Response> {
  const form = preferred(request.headers.get('accept'), REPLIES) ?? 'application/json';
  const run = runClient(env, created.id);
  switch (form) {
    case 'application/json':
      return json(created, 201, { location: `/${created.id}`, link: linksOf(created) });
    case 'text/event-stream': {
      const preamble = sseFrame({ type: 'run', ...created });
      const proof = { holdsToken: true, principal: null };
      const events = await run.events(proof, { after: 0, preamble });
      return streamed(created, 'text/event-stream', events);
    }
    case 'text/markdown':
      return streamed(created, 'text/markdown; charset=utf-8', await run.answer('markdown'));
    case 'text/plain':
      return streamed(created, 'text/plain; charset=utf-8', await run.answer('text'));
    case 'text/html':
      return toOwnPage(created);
  }
}

type OwnedRun = Pick<CreatedRun, 'id' | 'url' | 'owner_token'>;

/** To the page of a run, in a browser that owns it from now on. */
export function toOwnPage(created: OwnedRun): Response {
  return new Response(null, {
    status: 303,
    headers: [['location', `/${created.id}`], ...ownerCookies(created)],
  });
}

/** Waits for the end and answers with the run; after `seconds` with what a creation says. */
async function held(
  created: CreatedRun,
  acceptance: Acceptance,
  seconds: number,
): Promise<Response> {
  const { env, request, settings } = acceptance;
  const applied = { 'preference-applied': `wait=${seconds}` };
  const ended = await runClient(env, created.id).settled(seconds * 1000);
  const location = { location: `/${created.id}`, link: linksOf(created), ...applied };
  if (!ended) return json(created, 202, location);
  const accept = request.headers.get('accept');
  const form =
    preferred(accept, ['application/json', 'text/markdown', 'text/plain', 'text/html']) ??
    'application/json';
  return readingResponse(
    { env, settings, request, id: created.id, proof: { holdsToken: true, principal: null } },
    FORM_OF[form],
    { ...location, ...secretsOf(created) },
  );
}

const FORM_OF = {
  'application/json': 'json',
  'text/markdown': 'markdown',
  'text/plain': 'text',
  'text/html': 'html',
} as const;

function streamed(
  created: CreatedRun,
  contentType: string,
  found: Found<ReadableStream<Uint8Array> | null>,
): Response {
  return new Response(there(found), {
    status: 201,
    headers: {
      'content-type': contentType,
      location: `/${created.id}`,
      link: linksOf(created),
      ...secretsOf(created),
      // Proxies that collect a response before they send it would spoil the streaming.
      'x-accel-buffering': 'no',
    },
  });
}

/** What only the creator is told, where the body is not the JSON that says it. */
function secretsOf({ owner_token, callback_secret }: CreatedRun): Record<string, string> {
  const owner = { 'x-run-owner-token': owner_token };
  if (callback_secret === undefined) return owner;
  return { ...owner, 'x-run-callback-secret': callback_secret };
}

/** The other addresses of a run, for a `Link` header. */
export function linksOf(created: CreatedRun): string {
  return [
    `<${created.markdown_url}>; rel="alternate"; type="text/markdown"`,
    `<${created.json_url}>; rel="alternate"; type="application/json"`,
    `<${created.events_url}>; rel="monitor"; type="text/event-stream"`,
  ].join(', ');
}

/**
 * The page's own proof of ownership: no script can read it and no other site makes it travel. It
 * travels to the addresses of its run alone, and a path ends at a slash: every suffix has its own.
 */
function ownerCookies(created: OwnedRun): [string, string][] {
  const secure = created.url.startsWith('https:');
  return ['', '.html', '.json', '.md', '.txt'].map((suffix) => [
    'set-cookie',
    setCookie({
      name: OWNER_COOKIE,
      value: created.owner_token,
      path: `/${created.id}${suffix}`,
      sameSite: 'Strict',
      secure,
    }),
  ]);
}

/** Seconds to hold the request: the query's, or the `Prefer` header's, which may be ignored. */
function waitOf(request: Request, query: URLSearchParams): number | null {
  const asked = query.get('wait');
  if (asked !== null && !/^\d{1,6}$/.test(asked)) {
    throw new Fault('bad_request', '"wait" must be a number of seconds.');
  }
  const wanted =
    asked ?? /(?:^|[,;\s])wait=(\d{1,6})/.exec(request.headers.get('prefer') ?? '')?.[1];
  return wanted === undefined ? null : Math.min(Number(wanted), MAX_WAIT_S);
}

function isOn(value: string | null): boolean {
  return value !== null && !['', '0', 'false'].includes(value);
}
