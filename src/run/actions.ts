import type { ActionRequired, ActionResolved, AuthorizationAction } from './event.ts';
import type { CallState, Run } from './run.ts';

/** Something that a run asked of a person. */
export interface ActionState {
  readonly required: ActionRequired;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly resolved?: ActionResolved;
}

/** So many times a run asks for a login to one server while connecting, and again while calling. */
export const MAX_LOGIN_ASKS = 3;

/** Asked of a person; asking again under the id of an action that is open joins that action. */
export function withAction(
  actions: readonly ActionState[],
  required: ActionRequired,
  at: number,
): readonly ActionState[] {
  const joined = actions.some(
    (other) => other.resolved === undefined && other.required.action_id === required.action_id,
  );
  return joined ? actions : [...actions, { required, at }];
}

/** The first answer to an action counts. */
export function withResolution(
  actions: readonly ActionState[],
  resolved: ActionResolved,
): readonly ActionState[] {
  return actions.map((state) =>
    state.resolved === undefined && state.required.action_id === resolved.action_id
      ? { ...state, resolved }
      : state,
  );
}

/**
 * What the run waits for. A call that has its result waits for nobody any more, nor does one that
 * is void because its step was asked again.
 */
export function openActions(run: Pick<Run, 'actions' | 'steps'>): readonly ActionState[] {
  return run.actions.filter(({ required: { action }, resolved }) => {
    if (resolved !== undefined) return false;
    if (action.call_id === undefined) return true;
    const call = callOf(run, action.call_id);
    return call !== undefined && call.result === undefined;
  });
}

/** The login to a server that the run waits for. */
export function openLogin(run: Run, label: string | undefined): ActionState | undefined {
  if (run.actions.length === 0) return undefined;
  return openActions(run).find(
    ({ required: { action } }) => action.kind === 'authorization' && action.server === label,
  );
}

/** The logins to one server that were asked for, in one of the two phases. */
export function loginAsks(
  run: Run,
  label: string,
  phase: 'connecting' | 'calling',
): readonly AuthorizationAction[] {
  return run.actions.flatMap(({ required: { action } }) =>
    action.kind === 'authorization' &&
    action.server === label &&
    (action.call_id === undefined) === (phase === 'connecting')
      ? [action]
      : [],
  );
}

function callOf({ steps }: Pick<Run, 'steps'>, id: string): CallState | undefined {
  return steps.flatMap(({ calls }) => calls).findLast(({ call }) => call.call_id === id);
}
