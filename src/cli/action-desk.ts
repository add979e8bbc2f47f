import type {
  ApprovalAction,
  AuthorizationAction,
  ElicitationAction,
  RunEvent,
} from '../run/event.ts';

/** How what a run waits for is brought about; each may end early when the signal aborts. */
export interface ActionAnswers {
  /** @param event as it came; one of a server has the link in it */
  login(
    id: string,
    action: AuthorizationAction,
    event: RunEvent,
    signal: AbortSignal,
  ): Promise<void>;
  question(id: string, action: ElicitationAction, signal: AbortSignal): Promise<void>;
  approval(id: string, action: ApprovalAction, signal: AbortSignal): Promise<void>;
}

/** Takes up everything that a run asks of a person, and drops what it no longer wants. */
export class ActionDesk {
  readonly #answers: ActionAnswers;
  readonly #open = new Map<string, AbortController>();

  constructor(answers: ActionAnswers) {
    this.#answers = answers;
  }

  /** Takes the events of the run in order. */
  take(event: RunEvent): void {
    if (event.type === 'run-end') this.close();
    if (event.type === 'action-resolved') this.#drop(event.action_id);
    if (event.type !== 'action-required' || this.#open.has(event.action_id)) return;
    const controller = new AbortController();
    this.#open.set(event.action_id, controller);
    void this.#answer(event, controller.signal);
  }

  /** Drops all. */
  close(): void {
    for (const id of this.#open.keys()) this.#drop(id);
  }

  #drop(id: string): void {
    this.#open.get(id)?.abort();
    this.#open.delete(id);
  }

  async #answer(
    event: Extract<RunEvent, { type: 'action-required' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { action, action_id } = event;
    if (action.kind === 'authorization') {
      return this.#answers.login(action_id, action, event, signal);
    }
    if (action.kind === 'approval') return this.#answers.approval(action_id, action, signal);
    return this.#answers.question(action_id, action, signal);
  }
}
