import type { CompletionRequest } from '../normalize/request.ts';
import { NO_USAGE, sumUsage } from '../protocol/usage.ts';
import { usageFigures } from '../publish/run-words.ts';
import { costOfUsage, knownCost, NO_COST, withCost } from '../run/cost.ts';
import type { RunEvent } from '../run/event.ts';

/** What the steps of a run have used, from its events; a server may be older and say less. */
export class Spent {
  #request: Partial<CompletionRequest> | null = null;
  #asked = { provider: '', model: '' };
  #usage = NO_USAGE;
  #cost = NO_COST;

  take(event: RunEvent): void {
    if (event.type === 'run-start') this.#request = event.request;
    if (event.type === 'step-start') this.#asked = event;
    if (event.type !== 'step-end' || event.usage === undefined) return;
    this.#usage = sumUsage(this.#usage, event.usage);
    const usd = costOfUsage(this.#request?.models ?? [], this.#asked, event.usage);
    this.#cost = withCost(this.#cost, usd);
  }

  /** Tokens and US dollars, as far as they are known. */
  figures(): string[] {
    return usageFigures(this.#usage, knownCost(this.#cost));
  }
}
