/** How much of this server one caller may use; 0 is no limit. */
export interface RunCaps {
  /** Runs that may be started in a minute. */
  readonly rate: number;
  /** Runs that may go on at the same time. */
  readonly concurrency: number;
}

/** How much each kind of caller may run. @see spec/http-api.md, Limits of a caller */
export interface CallerCaps {
  /** A caller we know. */
  readonly principal: RunCaps;
  /** All callers that nobody knows and that come from one address. */
  readonly address: RunCaps;
  /** The person at the machine: none that was not set, since nobody has to be guarded from them. */
  readonly local: RunCaps;
}

/** A variable of one number for known callers and one for addresses; null where it says nothing. */
export type CapNumbers = readonly [principal: number | null, address: number | null];

/** A variable that is not set. */
export const NO_CAP: CapNumbers = [null, null];

const RATE = [60, 10] as const;
const CONCURRENCY = [50, 5] as const;

/**
 * Reads a variable such as `60` or `60,10`; 0 is no limit.
 * @throws TypeError that names the variable
 */
export function numbersIn(variable: string, text: string): CapNumbers {
  if (text === '') return NO_CAP;
  const [, principal, address] = /^(\d{1,6})(?: *, *(\d{1,6}))?$/.exec(text) ?? [];
  if (principal === undefined) {
    throw new TypeError(
      `${variable} must be a number, or two with a comma between: for callers that are known, and for each address of others. 0 is no limit.`,
    );
  }
  return [Number(principal), address === undefined ? null : Number(address)];
}

/** The caps that `RUN_RATE` and `RUN_CONCURRENCY` make. */
export function capsOf(rate: CapNumbers, concurrency: CapNumbers): CallerCaps {
  return {
    principal: { rate: rate[0] ?? RATE[0], concurrency: concurrency[0] ?? CONCURRENCY[0] },
    address: { rate: rate[1] ?? RATE[1], concurrency: concurrency[1] ?? CONCURRENCY[1] },
    local: { rate: rate[0] ?? 0, concurrency: concurrency[0] ?? 0 },
  };
}
