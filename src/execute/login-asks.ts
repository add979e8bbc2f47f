import { asFault, Fault } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import { loginAsks, MAX_LOGIN_ASKS, openLogin } from '../run/actions.ts';
import type { ActionRequired } from '../run/event.ts';
import type { Run } from '../run/run.ts';
import type { LoginAsked, Logins } from './ports.ts';

/** What a server refused: its connection, or one call. */
export interface RefusedWork {
  readonly server: ToolServer;
  readonly call_id?: string;
}

/** What comes of it: without a login that can be asked for, the fault. */
export interface Refused {
  readonly fault: Fault;
  readonly asked: ActionRequired | null;
}

/** Asks the owner of one run to log in to its servers; calls that are refused together ask once. */
export class LoginAsks {
  readonly #logins: Logins | undefined;
  readonly #asking = new Map<string, Promise<LoginAsked | null>>();

  constructor(logins: Logins | undefined) {
    this.#logins = logins;
  }

  /** What a failure comes to: the login that it takes, or why there is none. */
  async after(fault: Fault, refused: RefusedWork, run: () => Run): Promise<Refused> {
    if (!isLoginMissing(fault) || run().request.on_auth === 'fail') return { fault, asked: null };
    try {
      const asked = await this.#ask(refused, run);
      return { fault, asked: asked === null ? null : requiredOf(asked, refused) };
    } catch (error) {
      return { fault: asFault(error, 'login_required'), asked: null };
    }
  }

  async #ask({ server, call_id }: RefusedWork, run: () => Run): Promise<LoginAsked | null> {
    const open = openLogin(run(), server.label)?.required;
    if (open !== undefined) return open;
    const phase = call_id === undefined ? 'connecting' : 'calling';
    if (loginAsks(run(), server.label, phase).length >= MAX_LOGIN_ASKS) throw stillRefuses(server);
    const asking = this.#asking.get(server.label) ?? this.#logins?.ask(server);
    if (asking === undefined) return null;
    this.#asking.set(server.label, asking);
    try {
      const asked = await asking;
      return openLogin(run(), server.label)?.required ?? asked;
    } finally {
      this.#asking.delete(server.label);
    }
  }
}

function requiredOf(
  { action_id, expires_at }: LoginAsked,
  { server, call_id }: RefusedWork,
): ActionRequired {
  const call = call_id === undefined ? {} : { call_id };
  const action = { kind: 'authorization', server: server.label, url: server.url, ...call } as const;
  return { type: 'action-required', action_id, action, expires_at };
}

function isLoginMissing({ code, detail }: Fault): boolean {
  return code === 'login_required' && detail?.['can_login'] === true;
}

function stillRefuses({ label }: ToolServer): Fault {
  const message = `${label} still refuses, after ${MAX_LOGIN_ASKS} logins.`;
  return new Fault('login_required', message);
}
