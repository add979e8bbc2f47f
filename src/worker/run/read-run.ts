import { Fault } from '../../fault/fault.ts';
import { isoTime } from '../../publish/iso-time.ts';
import { contentType, negotiate } from '../../publish/negotiate.ts';
import type { Form } from '../../publish/negotiate.ts';
import { runUrls } from '../../publish/run-urls.ts';
import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import { conditional } from '../conditional.ts';
import type { Env } from '../env.ts';
import { runClient } from './run-client.ts';
import { ownOrigin } from '../guards.ts';
import type { Proof } from '../principal/principal.ts';
import { renderForm, renderPart } from './run-forms.ts';
import type { LaidOutRun, RunPart } from './run-forms.ts';
import type { Found } from './run-found.ts';
import type { Settings } from '../settings.ts';
import { asItIs, orStone, publicView } from '../snapshot/public-view.ts';

/** A request about one run whose id this server made. */
export interface RunRequest {
  readonly env: Env;
  readonly settings: Settings;
  readonly request: Request;
  readonly id: string;
  readonly proof: Proof;
}

/**
 * `GET /{id}` and its suffixes: the run as its reader may see it.
 * @param suffix such as `.md`, or null to go by `Accept`
 * @throws Fault `not_found`, `gone`, `not_acceptable`, `bad_request`
 * @see spec/http-api.md, Read a run
 */
export async function readRun(asked: RunRequest, suffix: string | null): Promise<Response> {
  const key = new URL(asked.request.url).searchParams.get('key');
  if (key !== null) return onePart(asked, await viewOf(asked), key);
  const form = negotiate(suffix, asked.request.headers.get('accept'));
  if (form === null) throw new Fault(suffix === null ? 'not_acceptable' : 'not_found');
  return readingResponse(asked, form);
}

/** The run in one form. */
export async function readingResponse(
  asked: RunRequest,
  form: Form,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const run = await laidOutRun(asked);
  const { view } = run;
  const origin = ownOrigin(asked.request, asked.settings);
  const urls = runUrls(origin, asked.id);
  return conditional(asked.request, view, {
    what: form,
    origin,
    body: () => renderForm(run, form, urls),
    headers: {
      ...readingHeaders(view),
      'content-type': contentType(form),
      // The page's own forms must say where they come from, not `Origin: null`.
      ...(form === 'html' && holdsForm(view) ? { 'referrer-policy': 'same-origin' } : {}),
      ...headers,
    },
  });
}

/** Whoever may, goes on from a run that has ended; its owner can end it before. */
function holdsForm({ viewer, status }: RunView): boolean {
  return viewer === 'owner' || isTerminal(status);
}

/** A run that goes on is never kept by anybody; an ended one is asked for again, it may be deleted. */
export function readingHeaders(view: RunView): Record<string, string> {
  return {
    'cache-control': isTerminal(view.status) ? 'private, no-cache' : 'private, no-store',
    vary: 'Accept, Authorization, Cookie',
  };
}

const PART_TYPES: Readonly<Record<RunPart, string>> = {
  prompt: contentType('markdown'),
  output: contentType('markdown'),
  references: contentType('json'),
};

function onePart({ request }: RunRequest, view: RunView, key: string): Promise<Response> {
  if (!isPart(key)) {
    throw new Fault('bad_request', '"key" must be prompt, output or references.');
  }
  if (key === 'prompt' && view.prompt === null) throw new Fault('not_found');
  return conditional(request, view, {
    what: `key=${key}`,
    // None of them names an address of this server.
    origin: '',
    body: () => renderPart(view, key),
    headers: { ...readingHeaders(view), 'content-type': PART_TYPES[key] },
  });
}

function isPart(key: string): key is RunPart {
  return Object.hasOwn(PART_TYPES, key);
}

/**
 * `GET /{id}/events`: the run's events as they happen, from the one after the last that was seen.
 * @throws Fault `not_found`, `gone`, `bad_request`
 */
export async function readEvents(asked: RunRequest): Promise<Response> {
  const { request, env, id, proof } = asked;
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  const after = startingAfter(request);
  if (request.method === 'HEAD') {
    await viewOf(asked);
    return new Response(null, { headers });
  }
  const found = await runClient(env, id).events(proof, { after, preamble: '' });
  const events = there(await orStone(env, id, found));
  // A browser connects again after every end of a stream, until it is told that there is no more.
  return new Response(events, { status: events === null ? 204 : 200, headers });
}

/** The query wins: a reader that was given a URL does not know which events another one saw. */
function startingAfter(request: Request): number {
  const query = new URL(request.url).searchParams.get('starting_after');
  if (query !== null && !/^\d{1,12}$/.test(query)) {
    throw new Fault('bad_request', '"starting_after" must be the number of an event.');
  }
  const last = request.headers.get('last-event-id') ?? '';
  // A browser repeats the last id by itself when it connects again, to the same URL.
  return Math.max(Number(query ?? 0), /^\d{1,12}$/.test(last) ? Number(last) : 0);
}

/**
 * The run as the sender of the request may see it.
 * @throws Fault `not_found`, `gone`
 */
export async function viewOf(asked: RunRequest): Promise<RunView> {
  return (await laidOutRun(asked)).view;
}

/** The same with what was laid out of it: of what its owner alone sees that is nothing. */
async function laidOutRun({ env, id, proof }: RunRequest): Promise<LaidOutRun> {
  const provesNothing = !proof.holdsToken && proof.principal === null;
  if (provesNothing) return there(await publicView(env, id));
  return there(asItIs(await orStone(env, id, await runClient(env, id).view(proof))));
}

/**
 * What was found, or the fault that says why there is nothing.
 * @throws Fault `not_found`, `gone`, `owner_required`
 */
export function there<Value>(found: Found<Value>): Value {
  switch (found.found) {
    case 'run':
      return found.value;
    case 'nothing':
      throw new Fault('not_found');
    case 'refused':
      throw new Fault('owner_required');
    case 'tombstone': {
      const { status, to } = found;
      const detail = { status, when: isoTime(found.when) };
      if (status !== 'rotated') throw new Fault('gone', undefined, { detail });
      if (to === null) throw new Fault('gone', 'This run has another address now.', { detail });
      throw new Fault('gone', `This run is at /${to} now.`, { detail: { ...detail, id: to } });
    }
  }
}
