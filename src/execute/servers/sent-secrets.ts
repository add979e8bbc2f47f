import { Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import { Secret } from '../model/secret.ts';

/** Shorter values would be found inside of ordinary words and numbers. */
const SHORTEST = 8;

/**
 * The secrets that were sent to one server, which are taken out of everything that it says. A tool
 * that shows the request it got (an echo, a debug page, an error) would otherwise publish them:
 * what a server says is kept, shown to the model and readable by whoever has the address of the
 * run.
 * @see spec/tool-servers.md TS-8
 */
export class SentSecrets {
  readonly #known = new Set<string>();
  #spellings: readonly Secret[] = [];

  /** Remembers a value that is about to be sent. */
  add(value: string): void {
    if (value.length < SHORTEST || this.#known.has(value)) return;
    this.#known.add(value);
    const all = new Set([...this.#known].flatMap(spellings));
    // A longer spelling may hold a shorter one, and would leave its rest standing.
    const ordered = [...all].toSorted((one, other) => other.length - one.length);
    this.#spellings = ordered.map((text) => new Secret(text));
  }

  /** The same plain data with the secrets taken out of every text, names of members included. */
  clean<Value>(value: Value): Value {
    if (this.#spellings.length === 0) return value;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- strings become strings
    return this.#cleaned(value) as Value;
  }

  /** The fault as it may leave; what caused it may hold the answer of the server, so it goes. */
  cleanFault(fault: Fault): Fault {
    if (this.#spellings.length === 0) return fault;
    const detail = this.clean(fault.detail);
    return new Fault(fault.code, this.clean(fault.message), detail === undefined ? {} : { detail });
  }

  #cleaned(value: unknown): unknown {
    if (typeof value === 'string') {
      return this.#spellings.reduce((text, secret) => secret.redact(text), value);
    }
    if (Array.isArray(value)) return value.map((item) => this.#cleaned(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.#cleaned(key), this.#cleaned(item)]),
    );
  }
}

/** The value as it was sent, in an address, in JSON and inside of base64. */
function spellings(value: string): string[] {
  const percent = encodeURIComponent(value);
  const lower = percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const json = JSON.stringify(value).slice(1, -1);
  const plain = [value, percent, lower, form, json, json.replaceAll('/', String.raw`\/`)];
  const inBase64 = [0, 1, 2].map((offset) => base64Core(value, offset));
  const forUrls = inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...plain, ...inBase64, ...forUrls].filter((text) => text.length >= SHORTEST);
}

/**
 * The characters that stand in the base64 of any text that holds the value so many bytes after a
 * border of three; the first and last character there may also depend on its neighbours.
 */
function base64Core(value: string, offset: number): string {
  const bytes = [...new Uint8Array(offset), ...new TextEncoder().encode(value)];
  const text = btoa(String.fromCharCode(...bytes));
  const first = Math.ceil((offset * 8) / 6);
  return text.slice(first, Math.floor((bytes.length * 8) / 6));
}
