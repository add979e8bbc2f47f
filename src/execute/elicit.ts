import type { ActionResolved, ElicitationAction } from '../run/event.ts';
import type { CallTool } from '../run/command.ts';
import { openActions } from '../run/actions.ts';
import type { Run } from '../run/run.ts';
import type { CallOptions, ElicitAnswer, Elicitation } from './ports.ts';
import type { Work } from './work.ts';

/** A person has so long to answer, in milliseconds. */
const ANSWER_MS = 5 * 60_000;

/** One call asks a person so often; a tool could ask without end. */
const MAX_QUESTIONS = 8;

/** Characters of a message and of a schema; more is nothing that a person fills in. */
const MAX_MESSAGE = 10_000;
const MAX_SCHEMA = 64_000;

/**
 * Asks the owner of the run what a tool wants to know; undefined where nobody can answer.
 * @param over ends the asking with the call
 * @see spec/tool-servers.md, Questions; spec/runs.md WAIT-6
 */
export function elicitor(
  { state }: CallTool,
  work: Work,
  over: AbortSignal,
): CallOptions['onElicit'] {
  const isAnswered = work.ports.canAnswer === true && work.run().request.on_auth === 'wait';
  if (!isAnswered) return undefined;
  let questions = 0;
  return async (elicitation, signal) => {
    const { call_id, server = '' } = state.call;
    const action = actionOf(elicitation, { call_id, server });
    questions += 1;
    if (action === null || questions > MAX_QUESTIONS) return { action: 'decline' };
    return answerOf(await resolution(action, work, AbortSignal.any([signal, over])));
  };
}

/** Null for what cannot be put before a person. */
function actionOf(
  { mode, message, schema, url }: Elicitation,
  place: { readonly call_id: string; readonly server: string },
): ElicitationAction | null {
  const base = { kind: 'elicitation', ...place, mode, message } as const;
  if (message.length > MAX_MESSAGE) return null;
  if (mode === 'url') return url !== undefined && isWebUrl(url) ? { ...base, url } : null;
  if (schema === undefined || JSON.stringify(schema).length > MAX_SCHEMA) return null;
  return { ...base, schema };
}

function isWebUrl(url: string): boolean {
  return url.length <= 4096 && /^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '');
}

async function resolution(
  action: ElicitationAction,
  work: Work,
  signal: AbortSignal,
): Promise<ActionResolved> {
  const action_id = crypto.randomUUID();
  const expires_at = work.ports.clock.now() + ANSWER_MS;
  work.emit({ type: 'action-required', action_id, action, expires_at });
  try {
    return await work.until((run) => resolved(run, action_id), signal);
  } catch (error) {
    // The call that asked is over; nobody is to answer any more.
    cancelOpen(work, (other) => other === action_id);
    throw error;
  }
}

function resolved({ actions }: Run, id: string): ActionResolved | undefined {
  return actions.find(({ required }) => required.action_id === id)?.resolved;
}

/** Ends what a call of a process that died still asked. */
export function cancelOpenQuestions({ state }: CallTool, work: Work): void {
  const { call_id } = state.call;
  cancelOpen(work, (_, asking) => asking === call_id);
}

function cancelOpen(work: Work, isMeant: (id: string, call: string | undefined) => boolean): void {
  for (const { required } of openActions(work.run())) {
    const { action, action_id } = required;
    if (action.kind !== 'elicitation' || !isMeant(action_id, action.call_id)) continue;
    work.emit({ type: 'action-resolved', action_id, outcome: 'cancelled' });
  }
}

function answerOf({ outcome, content }: ActionResolved): ElicitAnswer {
  if (outcome === 'cancelled') return { action: 'cancel' };
  if (outcome !== 'done') return { action: 'decline' };
  return content === undefined ? { action: 'accept' } : { action: 'accept', content };
}
