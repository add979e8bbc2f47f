import { waitUntil } from 'cloudflare:workers';
import { isObject } from '../../protocol/json.ts';
import { sseDecoder } from '../../protocol/sse.ts';
import type { VisibleEvent } from '../../run/public-event.ts';
import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import type { Env } from '../env.ts';
import type { Proof } from '../principal/principal.ts';
import { there } from '../run/read-run.ts';
import { runClient } from '../run/run-client.ts';
import type { RunClient } from '../run/run-client.ts';

/** Who follows a run made it, or was checked. */
const OWNER: Proof = { holdsToken: true, principal: null };

/** A stream of events that breaks is opened again so often. */
const TRIES = 5;

/** UTF-16 units of one event; the first holds the prompt. */
const MAX_EVENT = 16_777_216;

/** How a run is followed. */
export interface Following {
  /** Number of the last event that was looked at before. */
  readonly after: number;
  /** Ends the run: its caller cancelled the call, or went away. */
  readonly cancelled: AbortSignal;
  /** Ends the following and not the run. */
  readonly enough?: AbortSignal;
  /** Actions that a person is about to answer: the run is followed although it waits for them. */
  readonly expected?: ReadonlySet<string>;
  readonly onEvent: (event: VisibleEvent) => void;
}

/** What came of following a run. */
export interface Followed {
  readonly run: RunView;
  readonly seen: number;
}

/**
 * Follows a run to its end, or to where it waits for a person.
 * @returns the run as its owner sees it, and the number of the last event that was looked at
 * @throws Fault `gone`, `not_found` when it was removed meanwhile
 */
export async function followRun(env: Env, id: string, following: Following): Promise<Followed> {
  const { cancelled } = following;
  const run = runClient(env, id);
  const over = Promise.withResolvers<void>();
  // What a caller who went away leaves behind is ended after the request.
  waitUntil(over.promise);
  const end = (): void => void run.cancel(OWNER).finally(() => over.resolve());
  cancelled.addEventListener('abort', end, { once: true });
  if (cancelled.aborted) end();
  try {
    return await followed(run, following);
  } finally {
    cancelled.removeEventListener('abort', end);
    if (!cancelled.aborted) over.resolve();
  }
}

async function followed(run: RunClient, following: Following): Promise<Followed> {
  const { cancelled, enough, expected = new Set() } = following;
  const stop = enough === undefined ? cancelled : AbortSignal.any([cancelled, enough]);
  let seen = following.after;
  let broken = 0;
  for (;;) {
    const after = seen;
    const take = (event: VisibleEvent): boolean => {
      seen = event.seq;
      following.onEvent(event);
      return (
        event.type === 'action-required' && !('action_id' in event && expected.has(event.action_id))
      );
    };
    await readEvents(run, { after, take, stop }).catch((error: unknown) => {
      broken += 1;
      if (broken >= TRIES) throw error;
    });
    const view = there(await run.view(OWNER));
    const isOver = isTerminal(view.status) || stop.aborted || waitsForOthers(view, expected);
    if (isOver) return { run: view, seen };
  }
}

function waitsForOthers(view: RunView, expected: ReadonlySet<string>): boolean {
  if (view.status !== 'requires_action') return false;
  return view.required_actions.some(({ own }) => own === null || !expected.has(own.id));
}

/** Reads events until there are no more, `take` has enough, or `stop`. */
async function readEvents(
  run: RunClient,
  {
    after,
    take,
    stop,
  }: { after: number; take: (event: VisibleEvent) => boolean; stop: AbortSignal },
): Promise<void> {
  const stream = there(await run.events(OWNER, { after, preamble: '' }));
  if (stream === null) return;
  const reader = stream.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  stop.addEventListener('abort', leave, { once: true });
  if (stop.aborted) leave();
  const decoder = sseDecoder(MAX_EVENT);
  const text = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = decoder.feed(text.decode(value, { stream: true }));
      if (events.some(({ data }) => takeFrame(data, take))) return;
    }
  } finally {
    stop.removeEventListener('abort', leave);
    leave();
  }
}

function takeFrame(data: string, take: (event: VisibleEvent) => boolean): boolean {
  const event: unknown = JSON.parse(data);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the frames are ours
  return isObject(event) && take(event as unknown as VisibleEvent);
}
