import type { Json, JsonObject } from '../protocol/json.ts';
import type { ActionRequired, RunEnd, RunEvent } from '../run/event.ts';
import type { CallbackType } from '../run/callback-view.ts';
import { connectPath } from '../run/required-action.ts';
import { applyEvent } from '../run/fold-run.ts';
import type { Run, RunStatus } from '../run/run.ts';
import { bareFault } from '../run/view.ts';
import { isoTime } from './iso-time.ts';
import { siteUrl, type RunUrls } from './run-urls.ts';

/** One message to a callback. */
export interface CallbackMessage {
  readonly type: CallbackType;
  /** JSON text. */
  readonly body: string;
}

/**
 * What a callback is told of one event; null for events that it is not told of. It says where the
 * run stands and where to look, and nothing of what went into the run or came out: the receiver is
 * not always who may read that.
 * @param before the run as it was before the event
 * @param urls absolute addresses of the run
 * @see spec/runs.md, Callbacks
 */
export function renderCallback(
  before: Run,
  event: RunEvent,
  urls: RunUrls,
): CallbackMessage | null {
  switch (event.type) {
    case 'run-end':
      return message(endType(event), event, {
        ...about(before, event.status, urls),
        message: endWords(event),
      });
    case 'action-required': {
      const after = applyEvent(before, event);
      // Asked again under the id of an action that is open: nothing new for a person.
      if (after.actions.length === before.actions.length) return null;
      return message('run.action_required', event, {
        ...about(before, after.status, urls),
        ...actionFacts(before, event, urls),
      });
    }
    default:
      return null;
  }
}

function endType({ status }: RunEnd): CallbackType {
  return status === 'completed' ? 'run.completed' : 'run.failed';
}

function message(type: CallbackType, { at }: RunEvent, facts: JsonObject): CallbackMessage {
  return { type, body: JSON.stringify({ type, timestamp: isoTime(at), data: facts }) };
}

function about({ id }: Run, status: RunStatus, { html }: RunUrls): JsonObject {
  return { run_id: id, status, url: html };
}

/** A fault's own words may quote what a tool or a document said. */
function endWords({ status, error }: RunEnd): string {
  if (status === 'completed') return 'The run is completed.';
  return bareFault(error ?? null)?.message ?? `The run is ${status}.`;
}

/** The words of a tool that asks are left out: they may hold what it read. */
function actionFacts(
  { request, servers }: Run,
  { action, action_id }: ActionRequired,
  urls: RunUrls,
): Record<string, Json> {
  const { kind, server: label } = action;
  const address = servers.find(({ server }) => server.label === label)?.server.url;
  const host =
    address === undefined || !URL.canParse(address, urls.html)
      ? {}
      : { server_host: new URL(address, urls.html).host };
  if (kind !== 'authorization') {
    return {
      kind,
      ...host,
      message: `${label} waits for your answer. Give it on the page of the run.`,
    };
  }
  const next = request.on_auth === 'link' ? 'then run the prompt again' : 'and it goes on';
  return {
    kind,
    ...host,
    message: `The run wants a login to ${label}. Log in ${next}.`,
    connect_url: siteUrl(urls, connectPath(action_id)),
  };
}
