import type { ServerContext } from '@modelcontextprotocol/server';
import { bounded, inert } from '../../publish/bounded.ts';
import { visible } from '../../publish/visible.ts';
import type { VisibleEvent } from '../../run/public-event.ts';
import type { ToldProgress } from './tool-call.ts';

/** Text comes token by token; so often is enough, in milliseconds. */
const EVERY_MS = 200;

/** UTF-16 units that count as one token, where nobody counted. */
const UNITS_PER_TOKEN = 4;

/** UTF-16 units of one message. */
const LONGEST = 200;

/** What stands between two reports in which no token came. */
const STEP = 0.001;

/**
 * Tells a client how far its run is: the tokens so far, as estimated, and a few words. Only where it
 * asked for that; and always more than before, as the protocol wants it.
 * @see spec/mcp.md MCP-20
 */
export class RunProgress {
  readonly #token: string | number | undefined;
  readonly #context: ServerContext;
  #units: number;
  #last: number;
  /** When tokens were reported last, in milliseconds since 1970. */
  #at = 0;

  /** @param told what the same client was told before of the same call */
  constructor(context: ServerContext, { units, last }: ToldProgress) {
    this.#units = units;
    this.#last = last;
    this.#context = context;
    this.#token = context.mcpReq['_meta']?.progressToken;
  }

  /** How far the client was told that the run is. */
  get told(): ToldProgress {
    return { units: this.#units, last: this.#last };
  }

  /** Takes the next event of the run. */
  take(event: VisibleEvent): void {
    if (this.#token === undefined) return;
    if (event.type === 'text-delta' || event.type === 'reasoning-delta') {
      this.#units += event.text.length;
      if (Date.now() - this.#at < EVERY_MS) return;
      this.#at = Date.now();
      this.#report(`${this.#tokens} tokens so far.`);
      return;
    }
    const said = words(event);
    if (said !== null) this.#report(said);
  }

  get #tokens(): number {
    return Math.ceil(this.#units / UNITS_PER_TOKEN);
  }

  #report(text: string): void {
    const progressToken = this.#token;
    if (progressToken === undefined) return;
    this.#last = Math.max(this.#tokens, this.#last + STEP);
    const message = bounded(visible(inert(text)).replace(/\s+/g, ' ').trim(), LONGEST).text;
    const params = { progressToken, progress: this.#last, message };
    // Who went away is told nothing more; the run is ended elsewhere.
    this.#context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
  }
}

/** What an event means to somebody who waits; null for nothing. */
function words(event: VisibleEvent): string | null {
  switch (event.type) {
    case 'run-start':
      return 'The run has started.';
    case 'step-start':
      return `Asking ${event.model}.`;
    case 'action-required':
      return 'Waiting for you.';
    case 'action-resolved':
      return 'Going on.';
    default:
      return wordsOfTools(event);
  }
}

function wordsOfTools(event: VisibleEvent): string | null {
  switch (event.type) {
    case 'server-end':
      return event.ok ? `Connected to ${event.label}.` : null;
    case 'reference-end':
      return event.ok ? `Read ${event.url}` : null;
    case 'tool-call':
      return `Calling ${event.tool ?? event.wire_name}.`;
    case 'tool-progress':
      return event.message ?? null;
    default:
      return null;
  }
}
