import type { JsonObject } from '../protocol/json.ts';
import { openActions, type ActionState } from './actions.ts';
import type { ActionRequired } from './event.ts';
import type { Run } from './run.ts';

/** What a run waits for, as its reader may know it. */
export interface RequiredAction {
  readonly type: 'authorization' | 'elicitation';
  /** Milliseconds since 1970. */
  readonly expires_at: number;
  /** What only the owner may know; null for everybody else. */
  readonly own: OwnAction | null;
}

/** What the owner can do about it. */
export interface OwnAction {
  readonly id: string;
  readonly server_label: string;
  readonly server_url: string;
  /** Of an elicitation in the words of the tool. */
  readonly message: string;
  /** Where one logs in, as a path of this server; null for an elicitation. */
  readonly connect_path: string | null;
  /** How a tool asks; null for a login. */
  readonly mode: 'form' | 'url' | null;
  readonly schema: JsonObject | null;
  /** What the tool wants the person to open. */
  readonly url: string | null;
}

/** The page where the owner logs in. */
export function connectPath(action_id: string): string {
  return `/connect/${action_id}`;
}

/**
 * What the run waits for, in the order it was asked. A run that failed because it does not wait for
 * logins (`on_auth: link`) still tells its owner where to log in.
 */
export function requiredActions(run: Run, isOwner: boolean): readonly RequiredAction[] {
  return shownActions(run, isOwner).map(({ required }) => ({
    type: required.action.kind,
    expires_at: required.expires_at,
    own: isOwner ? ownAction(required, run) : null,
  }));
}

function shownActions(run: Run, isOwner: boolean): readonly ActionState[] {
  if (run.status === 'requires_action') return openActions(run);
  const isLink = run.stop_reason === 'login_required' && run.request.on_auth === 'link';
  if (!isLink || !isOwner) return [];
  return run.actions.filter(({ required }) => required.action.kind === 'authorization');
}

function ownAction({ action, action_id }: ActionRequired, run: Run): OwnAction {
  const base = { id: action_id, server_label: action.server };
  if (action.kind === 'authorization') {
    const message = `Log in to ${action.server} and the run goes on by itself.`;
    return {
      ...base,
      server_url: action.url,
      message:
        run.request.on_auth === 'link'
          ? `Log in to ${action.server}, then run the prompt again.`
          : message,
      connect_path: connectPath(action_id),
      mode: null,
      schema: null,
      url: null,
    };
  }
  const state = run.servers.find(({ server }) => server.label === action.server);
  return {
    ...base,
    server_url: state?.server.url ?? '',
    message: action.message,
    connect_path: null,
    mode: action.mode,
    schema: action.schema ?? null,
    url: action.url ?? null,
  };
}
