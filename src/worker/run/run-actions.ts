import { foldRun } from '../../run/fold-run.ts';
import { isTerminal } from '../../run/run.ts';
import type { RunStatus } from '../../run/run.ts';
import { contentProblem } from '../../run/elicitation-form.ts';
import { openActions } from '../../run/actions.ts';
import type { ActionResolved, RequestedAction } from '../../run/event.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { SqlRunLog } from './run-log.ts';

/** What an owner says to something that a run waits for. */
export interface ActionAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  /** What a form was filled in with. */
  readonly content?: JsonObject;
}

/** What came of it. */
export type Acted =
  | { readonly acted: 'done'; readonly status: RunStatus }
  /** The run never asked that. */
  | { readonly acted: 'unknown' }
  /** Something else was answered before, or the run waits for it no longer. */
  | { readonly acted: 'over' }
  | { readonly acted: 'invalid'; readonly message: string };

/** A login that is there now: the actions that asked for it, or the address of its server. */
export interface MadeLogin {
  readonly action_ids?: readonly string[];
  readonly url?: string;
}

const OUTCOMES = { accept: 'done', decline: 'declined', cancel: 'cancelled' } as const;

/** What was asked, as far as its answer can be read by it. */
export interface Question {
  readonly kind: RequestedAction['kind'];
  /** What the fields of an answer must be; null for none. */
  readonly schema: JsonObject | null;
}

/** What an action asked; undefined where there is none of this id. */
export function questionOf(log: SqlRunLog, id: string): Question | undefined {
  const { actions } = foldRun(log.read());
  const asked = actions.find(({ required }) => required.action_id === id)?.required.action;
  if (asked === undefined) return undefined;
  const schema = asked.kind === 'elicitation' ? (asked.schema ?? null) : null;
  return { kind: asked.kind, schema };
}

/**
 * Writes an answer into the log; the first one counts, a later one changes nothing. Of an approval
 * the same answer again is the same, and another one is told that it comes too late.
 */
export function answerAction(log: SqlRunLog, id: string, answer: ActionAnswer): Acted {
  const run = foldRun(log.read());
  const state = run.actions.find(({ required }) => required.action_id === id);
  if (state === undefined) return { acted: 'unknown' };
  const asked = state.required.action;
  const outcome = OUTCOMES[answer.action];
  const isOpen = openActions(run).some(({ required }) => required.action_id === id);
  if (isTerminal(run.status) || !isOpen) {
    const isLate = asked.kind === 'approval' && state.resolved?.outcome !== outcome;
    return isLate ? { acted: 'over' } : { acted: 'done', status: run.status };
  }
  if (asked.kind === 'authorization' && answer.action === 'accept') {
    return { acted: 'invalid', message: 'Open the connect_url of this action to log in.' };
  }
  const content = contentOf(asked, answer);
  if (typeof content === 'string') return { acted: 'invalid', message: content };
  const resolved = { type: 'action-resolved', action_id: id, outcome, ...content } as const;
  log.append([resolved]);
  return { acted: 'done', status: foldRun(log.read()).status };
}

/** What goes to the tool, or why it cannot. */
function contentOf(
  asked: RequestedAction,
  { action, content = {} }: ActionAnswer,
): Pick<ActionResolved, 'content'> | string {
  if (action !== 'accept' || asked.kind !== 'elicitation' || asked.schema === undefined) return {};
  return contentProblem(asked.schema, content) ?? { content };
}

/**
 * Writes into the log that a login was made.
 * @returns whether the run waited for it
 */
export function resolveLogins(log: SqlRunLog, { action_ids = [], url }: MadeLogin): boolean {
  if (log.ended) return false;
  const done = openActions(foldRun(log.read())).flatMap(({ required }): ActionResolved[] => {
    const { action, action_id } = required;
    if (action.kind !== 'authorization') return [];
    if (!action_ids.includes(action_id) && action.url !== url) return [];
    return [{ type: 'action-resolved', action_id, outcome: 'done' }];
  });
  return log.append(done).length > 0;
}
