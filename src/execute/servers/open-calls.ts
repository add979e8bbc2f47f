import type { SentAnswer } from './elicitation.ts';

/** Answers what a server asks in the middle of a call; `params` are as it sent them. */
export type Ask = (params: unknown, signal: AbortSignal) => Promise<SentAnswer>;

/** A call that is under way: where what its server asks is answered. */
export interface OpenCall {
  readonly ask: Ask;
  /** Whether somebody can answer at all. */
  readonly canAsk: boolean;
}

/** Marks the requests of one call on their way through the SDK, which passes it on untouched. */
export type CallTag = (eventId: string) => void;

/** Questions of a server that are remembered until they arrive; a flood of them is not. */
const MAX_ASKED = 64;

/**
 * The calls that are under way on one client, so that a question of the server finds the call that
 * it belongs to: a session is shared by calls, and the person behind one must not be asked for
 * another.
 */
export class OpenCalls {
  readonly #calls = new Map<CallTag, OpenCall>();
  readonly #requests = new Map<string | number, CallTag>();
  /** Ids of the server's requests, by the request in whose stream they came. */
  readonly #asked = new Map<string | number, string | number>();

  begin(call: OpenCall): CallTag {
    // A new function for every call: it is its identity that counts.
    const tag: CallTag = () => void call;
    this.#calls.set(tag, call);
    return tag;
  }

  end(tag: CallTag): void {
    this.#calls.delete(tag);
    for (const [id, of] of this.#requests) if (of === tag) this.#requests.delete(id);
  }

  /** A request leaves; `tag` is what the SDK was given with it. */
  sent(id: string | number, tag: CallTag | undefined): void {
    if (tag !== undefined && this.#calls.has(tag)) this.#requests.set(id, tag);
  }

  /** In the stream that answers a request the server asked something. */
  askedIn(request: string | number, question: string | number): void {
    if (this.#asked.size < MAX_ASKED) this.#asked.set(question, request);
  }

  /** Answers a question: by the call in whose stream it came, else by the only one that can. */
  async answer(
    question: string | number,
    params: unknown,
    signal: AbortSignal,
  ): Promise<SentAnswer> {
    const request = this.#asked.get(question);
    this.#asked.delete(question);
    const tag = request === undefined ? undefined : this.#requests.get(request);
    const call = tag === undefined ? this.#only() : this.#calls.get(tag);
    return (await call?.ask(params, signal)) ?? { action: 'decline' };
  }

  #only(): OpenCall | undefined {
    const able = [...this.#calls.values()].filter(({ canAsk }) => canAsk);
    return able.length === 1 ? able[0] : undefined;
  }
}
