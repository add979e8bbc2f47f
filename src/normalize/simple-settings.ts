import { isObject, type JsonObject } from '../protocol/json.ts';
import { allowedTools, readApproval, readToolFilter, readToolNames } from './approval.ts';
import type { Settings } from './given.ts';
import type { AllowedTools, ApprovalPolicy, CompletionRequest } from './request.ts';
import { readValue, toJsonObject } from './setting-type.ts';

/** The part of a request that is single values. */
type Tail = Pick<
  CompletionRequest,
  | 'allowed_tools'
  | 'disallowed_tools'
  | 'profile'
  | 'on_auth'
  | 'store'
  | 'ttl'
  | 'publish'
  | 'callback'
  | 'name'
  | 'title'
  | 'description'
  | 'prompt_version'
  | 'metadata'
>;

/** Reads the settings whose type in the table says all; each problem is reported once. */
export class SimpleSettings {
  readonly #settings: Settings;
  readonly #read = new Map<string, unknown>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    return typeof value === 'string' ? value : undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.#value(key);
    return typeof value === 'boolean' ? value : undefined;
  }

  /** The default of all servers. */
  approval(): ApprovalPolicy {
    const given = this.#settings.given('require_approval')[0];
    if (given === undefined) {
      return 'never';
    }
    const read = readApproval(given.value);
    if ('wrong' in read) {
      this.#settings.wrong(given.place, read.wrong);
      return 'always';
    }
    return read.value;
  }

  tail(callback: NonNullable<CompletionRequest['callback']> | null): Tail {
    const ttl = this.#value('ttl');
    return {
      profile: this.text('profile') ?? 'default',
      on_auth: oneOf(['wait', 'link', 'fail'] as const, this.text('on_auth')) ?? 'wait',
      store: this.flag('store') ?? null,
      ttl: typeof ttl === 'number' || ttl === 'never' ? ttl : null,
      publish: oneOf(['full', 'answer'] as const, this.text('publish')) ?? null,
      ...this.#lists(),
      ...(callback === null ? {} : { callback }),
      ...this.#texts(),
    };
  }

  /** Only what was given: absent and undefined are not the same in JSON. */
  #lists(): Pick<Tail, 'allowed_tools' | 'disallowed_tools' | 'metadata'> {
    const allowed = this.#allowed();
    const disallowed = this.#names('disallowed_tools');
    const metadata = this.#map('metadata');
    return {
      ...(allowed === undefined ? {} : { allowed_tools: allowed }),
      ...(disallowed === undefined ? {} : { disallowed_tools: disallowed }),
      ...(metadata === undefined ? {} : { metadata }),
    };
  }

  #texts(): Pick<Tail, 'name' | 'title' | 'description' | 'prompt_version'> {
    const name = this.text('name');
    const title = this.text('title');
    const description = this.text('description');
    const version = this.text('version');
    return {
      ...(name === undefined ? {} : { name }),
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(version === undefined ? {} : { prompt_version: version }),
    };
  }

  #allowed(): AllowedTools | undefined {
    const given = this.#settings.given('allowed_tools')[0];
    const read = given === undefined ? { value: {} } : readToolFilter(given.value);
    if (given !== undefined && 'wrong' in read) {
      this.#settings.wrong(given.place, read.wrong);
    }
    return 'value' in read ? allowedTools(read.value) : undefined;
  }

  #names(key: string): readonly string[] | undefined {
    const given = this.#settings.given(key)[0];
    const read = given === undefined ? undefined : readToolNames(given.value);
    if (given !== undefined && read !== undefined && 'wrong' in read) {
      this.#settings.wrong(given.place, read.wrong);
    }
    return read !== undefined && 'value' in read ? read.value : undefined;
  }

  #map(key: string): JsonObject | undefined {
    const value = this.#value(key);
    return isObject(value) ? toJsonObject(value) : undefined;
  }

  #value(key: string): unknown {
    if (!this.#read.has(key)) {
      this.#read.set(key, this.#readNow(key));
    }
    return this.#read.get(key);
  }

  #readNow(key: string): unknown {
    const given = this.#settings.given(key)[0];
    if (given === undefined) {
      return undefined;
    }
    const read = readValue(given.setting.type, given.value, this.#settings.plain(given.place));
    if ('wrong' in read) {
      this.#settings.wrong(given.place, read.wrong);
      return undefined;
    }
    return read.value;
  }
}

function oneOf<T extends string>(of: readonly T[], value: string | undefined): T | undefined {
  return of.find((name) => name === value);
}
