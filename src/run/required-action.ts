import type { JsonObject } from '../protocol/json.ts';
import { openActions, type ActionState } from './actions.ts';
import type { ActionRequired, RequestedAction } from './event.ts';
import type { Run } from './run.ts';

/** What a run waits for, as its reader may know it. */
export interface RequiredAction {
  readonly type: RequestedAction['kind'];
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
  /** Of an elicitation in the words of the tool; else ours. */
  readonly message: string;
  /** Where one logs in, as a path of this server; null for anything but a login. */
  readonly connect_path: string | null;
  /** How a tool asks; null for anything but an elicitation. */
  readonly mode: 'form' | 'url' | null;
  readonly schema: JsonObject | null;
  /** What the tool wants the person to open. */
  readonly url: string | null;
  /** The call that is to be allowed; null for anything but an approval. */
  readonly call: WantedCall | null;
}

/** A call that waits for its owner, as the model wrote it. */
export interface WantedCall {
  readonly tool: string;
  readonly arguments: string;
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
  const state = run.servers.find(({ server }) => server.label === action.server);
  const base = {
    id: action_id,
    server_label: action.server,
    server_url: state?.server.url ?? '',
    connect_path: null,
    mode: null,
    schema: null,
    url: null,
    call: null,
  };
  switch (action.kind) {
    case 'authorization': {
      const message = loginMessage(action.server, run);
      const connect_path = connectPath(action_id);
      return { ...base, server_url: action.url, message, connect_path };
    }
    case 'elicitation': {
      const { message, mode, schema = null, url = null } = action;
      return { ...base, message, mode, schema, url };
    }
    case 'approval': {
      const { server, tool, arguments: args } = action;
      const message = `The model wants to call ${tool} of ${server}. May it?`;
      return { ...base, message, call: { tool, arguments: args } };
    }
  }
}

function loginMessage(server: string, { request }: Run): string {
  return request.on_auth === 'link'
    ? `Log in to ${server}, then run the prompt again.`
    : `Log in to ${server} and the run goes on by itself.`;
}
