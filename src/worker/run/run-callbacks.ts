import { environmentSecrets } from '../../execute/environment-secrets.ts';
import { renderCallback } from '../../publish/render-callback.ts';
import { runUrls } from '../../publish/run-urls.ts';
import type { CallbackView } from '../../run/callback-view.ts';
import type { RunEvent, RunStart } from '../../run/event.ts';
import { foldRun } from '../../run/fold-run.ts';
import { openAddress } from '../callback/callback-address.ts';
import { CallbackOutbox } from '../callback/callback-outbox.ts';
import type { CallbackTry, DueCallback } from '../callback/callback-outbox.ts';
import { callbackSecret } from '../callback/callback-secret.ts';
import { readEnv, variablesOf } from '../env.ts';
import type { Env } from '../env.ts';
import { network } from '../network.ts';
import type { RunAlarm } from './run-alarm.ts';
import type { Beside } from './run-log.ts';
import type { RunRecord } from './run-record.ts';
import { sendCallback } from '../callback/send-callback.ts';

/** Tries of one run at the same time: connections are few, and the run itself needs them. */
const MAX_IN_FLIGHT = 2;

/** At the longest of one try, in milliseconds; a place is free again then. */
const TRY_MS = 15_000;

const FAILED: CallbackTry = { outcome: 'failed', wait_ms: 0 };

/**
 * Tells the callback of one run. It works beside the loop and beside the alarm's handler, so that
 * a slow receiver delays nothing; what must not be lost is in the outbox.
 * @see spec/runs.md, Callbacks
 */
export class RunCallbacks implements Beside {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #alarm: RunAlarm;
  readonly #outbox: CallbackOutbox;
  readonly #stop = new AbortController();
  #isOpen = true;
  #inFlight = 0;

  constructor(ctx: DurableObjectState, env: Env, alarm: RunAlarm) {
    this.#ctx = ctx;
    this.#env = env;
    this.#alarm = alarm;
    this.#outbox = new CallbackOutbox(ctx.storage.sql);
  }

  /**
   * Takes the callback, whose address is sealed, out of a request that is accepted. What a page of somebody else suggested
   * has none: one click on a link must not tell its author of the run, nor where to log in to it.
   * @returns the first event as the log keeps it
   */
  accept(start: RunStart, record: RunRecord): RunStart {
    const { callback, ...request } = start.request;
    if (callback !== undefined && !record.is_suggested) {
      this.#outbox.create(start.id, callback, record);
    }
    return { ...start, request };
  }

  together<Value>(work: () => Value): Value {
    return this.#outbox.exists ? this.#ctx.storage.transactionSync(work) : work();
  }

  follow(events: readonly RunEvent[], read: () => readonly RunEvent[]): void {
    if (!this.#outbox.exists) return;
    for (const event of events) {
      if (event.type !== 'run-end' && event.type !== 'action-required') continue;
      const before = foldRun(read().slice(0, event.seq - 1));
      const { origin } = this.#outbox.place();
      const message = renderCallback(before, event, runUrls(origin, before.id));
      if (message !== null) this.#outbox.put(message);
    }
    // After the transaction; a run that goes on does not wait for it.
    queueMicrotask(() => this.deliver());
  }

  /** Begins to tell what is due, and comes back at once. */
  deliver(): void {
    while (this.#isOpen && this.#inFlight < MAX_IN_FLIGHT) {
      const due = this.#outbox.claim(Date.now());
      if (due === null) return;
      this.#inFlight += 1;
      this.#ctx.waitUntil(this.#deliverOne(due));
    }
  }

  /** When the next try has to be made, in milliseconds since 1970; null for never. */
  nextAt(): number | null {
    const next = this.#outbox.nextAt();
    if (next === null || this.#inFlight < MAX_IN_FLIGHT) return next;
    return Math.max(next, Date.now() + TRY_MS);
  }

  /** Whether something has still to be told. */
  get isTelling(): boolean {
    return this.#outbox.nextAt() !== null;
  }

  /** What the owner may know of it. */
  view(): CallbackView | null {
    return this.#outbox.view();
  }

  /** The tables are about to go; what is under way may still arrive. */
  close(): void {
    this.#isOpen = false;
  }

  /** The run was deleted: nothing more is told. */
  abort(): void {
    this.close();
    this.#stop.abort();
  }

  async #deliverOne(due: DueCallback): Promise<void> {
    const tried = await this.#tried(due);
    this.#inFlight -= 1;
    if (!this.#isOpen) return;
    this.#outbox.settle(due, tried, Date.now());
    this.deliver();
    this.#alarm.sooner(this.nextAt());
  }

  async #tried(due: DueCallback): Promise<CallbackTry> {
    const { settings } = readEnv(this.#env);
    if (settings === null) return FAILED;
    const { origin, is_trusted: isTrusted, run_id } = due.place;
    const url = await openAddress(due.place.url, run_id, settings);
    if (url === null) return FAILED;
    const { forCallbacks } = network({ env: this.#env, settings, origin, isTrusted });
    return sendCallback(due, {
      url,
      fetch: forCallbacks,
      secret: await callbackSecret(settings.idKey, run_id),
      secrets: isTrusted ? environmentSecrets(variablesOf(this.#env)) : () => null,
      signal: this.#stop.signal,
    });
  }
}
