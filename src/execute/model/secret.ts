/** What stands in every output where a secret would be. */
const HIDDEN = '[secret]';

/**
 * A key or token. Nothing that prints, logs, joins or serialises it reveals it; only
 * {@link Secret.reveal} does, at the one place where it is put into a request.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; for a request header and nothing else. */
  reveal(): string {
    return this.#value;
  }

  /** The text with every occurrence of the value taken out: providers quote keys in errors. */
  redact(text: string): string {
    return this.#value === '' ? text : text.split(this.#value).join(HIDDEN);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  /** What Node's `console.log` shows; the private field would stay hidden, a subclass's would not. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
