/** Where a run can be when its process dies. */
export const PHASES = [
  'accept',
  'reference',
  'connect',
  'before the first token',
  'after the first token',
  'intent of a call',
  'call sent',
  'call done',
  'waiting for a login',
  'waiting for an answer',
  'callback of a login',
  'end',
  'purge',
] as const;

export type Phase = (typeof PHASES)[number];

/** Tells when some run reaches a phase; the peers of the product see it. */
export class Traps {
  #phase: Phase | null = null;
  #spring: () => void = () => {};

  /** Resolves when the phase is reached, or true after `ms` without. */
  async set(phase: Phase, ms: number): Promise<boolean> {
    this.#phase = phase;
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#spring = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  reached(phase: Phase): void {
    if (phase !== this.#phase) return;
    this.#phase = null;
    this.#spring();
  }
}
