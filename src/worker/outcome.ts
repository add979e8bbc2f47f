import { asFault, Fault } from '../fault/fault.ts';
import type { FaultData } from '../fault/fault.ts';

/**
 * What a method of an object answers across the process boundary, where a thrown error would lose
 * its code.
 */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: FaultData };

/** What came of the work; nothing is thrown. */
export async function outcomeOf<Value>(
  work: () => Promise<Value> | Value,
): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, fault: asFault(error).toJSON() };
  }
}

/**
 * The value, or the fault thrown again.
 * @throws Fault
 */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  const { code, message, detail } = outcome.fault;
  throw new Fault(code, message, detail === undefined ? {} : { detail });
}
