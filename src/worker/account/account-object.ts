import { DurableObject } from 'cloudflare:workers';
import { Fault } from '../../fault/fault.ts';
import { seal } from '../../login/sealed.ts';
import type { Seal } from '../../login/sealed.ts';
import { readEnv } from '../env.ts';
import type { Env } from '../env.ts';
import type { Settings } from '../settings.ts';
import type { AccountRows, NewCode, NewUserKey, UserKey } from './account-rows.ts';
import { isStillLetIn } from './let-in.ts';

/** What a user sees of the account. */
export interface AccountView {
  /** As whoever signed them in calls them. */
  readonly person: string;
  readonly keys: readonly UserKey[];
  /** When the provider key came, in milliseconds since 1970; null without one. */
  readonly provider_key_at: number | null;
}

/** Somebody who came back from signing in. */
export interface SignedIn {
  readonly person: string;
  /** Digest of the state of this sign-in. */
  readonly state: string;
  readonly until: number;
  /** A provider's key of theirs; null where none comes with signing in. */
  readonly providerKey: string | null;
  /** By what they were let in, as `letInBy` says it; null where anybody is. */
  readonly letIn: string | null;
}

const PROVIDER_KEY = 'provider-key';
const MODELS = 'models';
const LET_IN = 'let-in';

/** For so long a list of models is not asked for again, in milliseconds. */
const MODELS_MS = 300_000;

/**
 * The account of one user: what their sessions and keys are checked against, and the provider key
 * that their runs are paid with. Named by the principal; every method is called by the Worker, which
 * has checked that it made the name itself.
 * @see spec/identity.md, Users
 */
export class AccountObject extends DurableObject<Env> {
  /** Loaded by the first request of a user: a start does not pay for it. */
  #rows: Promise<AccountRows> | undefined;

  /** The generation for the session; null when this sign-in was used before. */
  async signIn(principal: string, { person, state, until, providerKey, letIn }: SignedIn) {
    const rows = await this.#open();
    const sealed =
      providerKey === null ? null : await this.#seal(principal).close(PROVIDER_KEY, providerKey);
    const generation = rows.signIn(person, state, until);
    if (generation !== null) rows.keep(LET_IN, letIn);
    if (generation === null || sealed === null) return generation;
    rows.keep(PROVIDER_KEY, sealed);
    rows.keep(MODELS, null);
    return generation;
  }

  /** Who a session is, for a person to read; null when it has ended. */
  async session(generation: string): Promise<string | null> {
    return (await this.isLetIn()) ? (await this.#open()).session(generation) : null;
  }

  /** Whether the operator still lets in who this is. */
  async isLetIn(): Promise<boolean> {
    const kept = (await this.#open()).value(LET_IN);
    return kept === null || isStillLetIn(this.#settings(), kept.value);
  }

  async endSessions(): Promise<void> {
    (await this.#open()).endSessions();
  }

  /** The key with this hash and whose it is; null when there is none. */
  async useKey(hash: string): Promise<{ readonly id: string; readonly person: string } | null> {
    const rows = await this.#open();
    const id = (await this.isLetIn()) ? rows.useKey(hash) : null;
    return id === null ? null : { id, person: rows.person() ?? '' };
  }

  async view(): Promise<AccountView> {
    const rows = await this.#open();
    const provider_key_at = rows.value(PROVIDER_KEY)?.at ?? null;
    return { person: rows.person() ?? '', keys: rows.keys(), provider_key_at };
  }

  /** Keeps a key; null when there are too many. */
  async addKey(key: NewUserKey): Promise<UserKey | null> {
    return (await this.#open()).addKey(key);
  }

  /** From the next request on it is worth nothing; false when there is none of that id. */
  async removeKey(id: string): Promise<boolean> {
    return (await this.#open()).removeKey(id);
  }

  async addCode(code: NewCode): Promise<void> {
    (await this.#open()).addCode(code);
  }

  /** The name that goes with a code, which is used up; null for a wrong one. */
  async takeCode(hash: string, challenge: string): Promise<string | null> {
    return (await this.#open()).takeCode(hash, challenge);
  }

  /** The provider's key of the user; null without one. */
  async providerKey(principal: string): Promise<string | null> {
    const kept = (await this.#open()).value(PROVIDER_KEY);
    return kept === null ? null : this.#seal(principal).open(PROVIDER_KEY, kept.value);
  }

  /** False when there was none. */
  async forgetProviderKey(): Promise<boolean> {
    const rows = await this.#open();
    const had = rows.value(PROVIDER_KEY) !== null;
    rows.keep(PROVIDER_KEY, null);
    rows.keep(MODELS, null);
    return had;
  }

  /** The list of models as it was kept a few minutes ago at most; null otherwise. */
  async models(): Promise<string | null> {
    const kept = (await this.#open()).value(MODELS);
    return kept !== null && kept.at + MODELS_MS > Date.now() ? kept.value : null;
  }

  async keepModels(list: string): Promise<void> {
    (await this.#open()).keep(MODELS, list);
  }

  #open(): Promise<AccountRows> {
    return (this.#rows ??= import('./account-rows.ts').then(
      ({ AccountRows: Rows }) => new Rows(this.ctx.storage.sql),
    ));
  }

  /** The principal is bound into what is sealed: a row in another's object opens nothing. */
  #seal(principal: string): Seal {
    return seal(`account:${principal}`, this.#settings().vaultKeys);
  }

  #settings(): Settings {
    const { settings } = readEnv(this.env);
    if (settings === null) throw new Fault('misconfigured');
    return settings;
  }
}
