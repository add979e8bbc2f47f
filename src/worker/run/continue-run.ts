import { preferred, wantsPage } from '../../connect/accept.ts';
import { json } from '../../connect/responses.ts';
import { Fault } from '../../fault/fault.ts';
import type { Normalized } from '../../normalize/request.ts';
import { problemJson } from '../../publish/render-json.ts';
import { answeredCalls, conversationOf } from '../../run/conversation.ts';
import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import { faultResponse } from '../fault-response.ts';
import { createRun, normalizePosted } from '../post/create-run.ts';
import { linksOf, toOwnPage } from '../post/post-run.ts';
import { checkedDocument } from '../post/read-body.ts';
import { readFields } from '../post/read-fields.ts';
import type { PostedPrompt } from '../post/read-prompt.ts';
import { NO_PROOF } from '../principal/principal.ts';
import { viewOf } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { askerOf, isOwnRun } from './run-asker.ts';

/** Tool servers that one message may name. */
const MOST_SERVERS = 20;

/**
 * `POST /{id}/continue`: a new run, whose conversation begins with what its asker may see of this
 * one. It is a run like any other, with a page of its own, and counts like one. What somebody else
 * began runs with nothing that is its asker's: its words could be a trap for their logins.
 * @throws Fault `unauthorized`, `not_found`, `gone`, `not_finished`, `bad_request`, `rate_limited`
 * @see spec/http-api.md, Go on from a run
 */
export async function continueRun(run: RunRequest): Promise<Response> {
  const { request, env, settings } = run;
  const principal = await askerOf(run);
  const view = await viewOf(run);
  if (!isTerminal(view.status)) throw new Fault('not_finished');
  const posted = await readNext(run, view);
  const decided = await normalizePosted(posted, { request, settings, principal });
  const normalized = { ...decided, request: continued(view, decided.request) };
  if (normalized.request === null) {
    const problems = normalized.problems;
    return faultResponse(new Fault('invalid_prompt'), request, {
      problems: wantsPage(request) ? problems : problems.map(problemJson),
    });
  }
  const isOwn = view.viewer === 'owner' && (await isOwnRun(run, principal, 'words'));
  const acceptance = { env, settings, request, principal, posted, normalized };
  const { created } = await createRun(acceptance, !isOwn);
  const form = preferred(request.headers.get('accept'), ['application/json', 'text/html']);
  if (form === 'text/html') return toOwnPage(created);
  return json(created, 201, { location: `/${created.id}`, link: linksOf(created) });
}

/** The next message as the prompt that it is, with the settings that the form has besides. */
async function readNext(run: RunRequest, view: RunView): Promise<PostedPrompt> {
  const fields = await readFields(run.request);
  // Browsers end lines of form fields with CRLF.
  const text = checkedDocument((fields.get('message') ?? '').replaceAll('\r\n', '\n'));
  if (text.trim() === '') throw new Fault('bad_request', 'Write a message.');
  const model = (fields.get('model') ?? '').trim();
  const servers = (fields.get('servers') ?? '').split(/\s+/).filter((url) => url !== '');
  if (servers.length > MOST_SERVERS) {
    throw new Fault('bad_request', `Name at most ${MOST_SERVERS} tool servers.`);
  }
  const tools = servers.map((server_url) => ({ type: 'mcp', server_url }));
  const overrides = {
    ...(model === '' ? {} : { model }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(await publishOf(run, view)),
  };
  return { text, inputs: { overrides } };
}

/** What the public was not shown of a run is not shown as a part of the next one. */
async function publishOf(run: RunRequest, { viewer }: RunView): Promise<{ publish?: 'answer' }> {
  if (viewer === 'public') return {};
  const seen = await viewOf({ ...run, proof: NO_PROOF });
  return seen.publication === 'full' ? {} : { publish: 'answer' };
}

/** What was said before goes before what is said now; of what was read before, it is read again. */
function continued(view: RunView, request: Normalized['request']): Normalized['request'] {
  if (request === null) return null;
  const before = conversationOf(view, request.models[0]?.provider ?? '');
  const context = (view.request?.references ?? []).filter(({ as }) => as === 'context');
  return {
    ...request,
    messages: answeredCalls([...before, ...request.messages]),
    references: [...context, ...request.references],
  };
}
