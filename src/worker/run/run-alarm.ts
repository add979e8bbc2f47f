/** A run that works for so long gets an alarm that stands this far ahead. */
const WATCHDOG_MS = 5_000;
const EVERY_MS = 5_000;

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
   * Sees to it that a run whose process dies goes on. The alarm that is being handled rings again by
   * itself then, but not for ever; a second one does, and waits for as long as the first is
   * handled, which may be long after its time. It is set once, because setting one waits for the disk, and
   * late, because most runs have ended by then.
   * @param each done every few seconds
   * @returns ends it
   */
  watch(each: () => void): () => void {
    let isSet = false;
    const watchdog = setInterval(() => {
      if (!isSet) void this.#set(Date.now() + WATCHDOG_MS);
      isSet = true;
      each();
    }, EVERY_MS);
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
