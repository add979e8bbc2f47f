/** While a run works its alarm stands this far ahead: so soon it goes on when the process died. */
const WATCHDOG_MS = 10_000;
const WATCHDOG_EVERY_MS = 5_000;

/** After a failure of the object itself, its next try. */
const RETRY_MS = 5_000;

/**
 * The one alarm that the platform gives an object, shared by all that has to happen later: the loop
 * of the run and its watchdog, the end of what it waits for, callbacks, expiry. Whoever is rung
 * looks at everything and says the earliest time of what is left.
 */
export class RunAlarm {
  readonly #storage: DurableObjectStorage;
  /** The earliest that was asked for since it last rang in this process. */
  #standing = Infinity;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** It rings; from now on nothing stands. */
  rung(): void {
    this.#standing = Infinity;
  }

  /** As soon as possible. */
  now(): void {
    void this.#set(Date.now());
  }

  /** At the earliest of these times, in milliseconds since 1970; null is never. */
  async at(...times: readonly (number | null)[]): Promise<void> {
    const next = Math.min(...times.map((time) => time ?? Infinity));
    if (next !== Infinity) return this.#set(Math.max(next, Date.now()));
    await this.clear();
  }

  /** At this time too, where it is not to ring before. */
  sooner(time: number | null): void {
    if (time !== null && time < this.#standing) void this.#set(Math.max(time, Date.now()));
  }

  /** After something failed that nobody foresaw. */
  async again(): Promise<void> {
    await this.#set(Date.now() + RETRY_MS);
  }

  /**
   * Stands a little ahead for as long as the run works.
   * @param each done every few seconds: while one alarm is handled the next one waits
   * @returns ends it
   */
  watch(each: () => void): () => void {
    const stand = () => void this.#set(Date.now() + WATCHDOG_MS);
    stand();
    const watchdog = setInterval(() => {
      stand();
      each();
    }, WATCHDOG_EVERY_MS);
    return () => clearInterval(watchdog);
  }

  /** Never. */
  async clear(): Promise<void> {
    this.#standing = Infinity;
    await this.#storage.deleteAlarm();
  }

  #set(time: number): Promise<void> {
    this.#standing = time;
    return this.#storage.setAlarm(time);
  }
}
