import { nestsDeeperThan } from '../protocol/json-depth.ts';
import { isObject } from '../protocol/json.ts';
import { findSetting, nearestKey, snakeCase } from './key-name.ts';
import type { Adopted } from './families/adopt.ts';
import type { NormalizeInputs, SettingSource } from './request.ts';
import { nameList, shortName } from './name-list.ts';
import { PlacedProblems, type Place } from './placed-problems.ts';
import { MAX_DEPTH } from './setting-type.ts';
import { CONFIG_KEYS, FOREIGN_KEYS, RESERVED_KEYS, type Setting } from './settings.ts';

/** Names that one message lists. */
const MAX_NAMES = 50;

/** A value that somebody gave for a setting. */
export interface Given {
  readonly setting: Setting;
  readonly value: unknown;
  readonly place: Place;
}

/** What a document was recognised as, and which of its keys are not those of this format. */
type Recognised = Pick<Adopted, 'family' | 'foreign' | 'told' | 'inner' | 'sources'>;

/** The settings of the request and the frontmatter before they are read, and the problems so far. */
export class Settings extends PlacedProblems {
  // Maps, not objects: who writes the key `__proto__` would else set what an object inherits.
  /** Settings of other tools. */
  readonly ext = new Map<string, unknown>();
  /** Values of `input` that came among the overrides. */
  readonly inputValues = new Map<string, unknown>();
  /** Names of the mdflow form, `_name: default`. */
  readonly variables = new Map<string, unknown>();
  readonly #adopted: Recognised;
  readonly #given = new Map<string, Given[]>();
  readonly #foreign: { name: string; place: Place }[] = [];

  constructor(adopted: Recognised & Pick<Adopted, 'document'>, inputs: NormalizeInputs) {
    const { document } = adopted;
    super(document);
    this.#adopted = adopted;
    for (const [key, value] of Object.entries(inputs.overrides ?? {})) {
      this.#takeOverride(key, value);
    }
    const overridden = new Set(this.#given.keys());
    for (const { key, value } of document.frontmatter?.entries ?? []) {
      this.#take(key, value, { from: 'frontmatter', label: key, path: [key] }, overridden);
    }
    this.#reportForeign();
  }

  /** All that was given for a setting, strongest first; only `tools` can have several. */
  given(key: string): readonly Given[] {
    return this.#given.get(key) ?? [];
  }

  /** Of what family it is; variables that only the template knows, and what they are made of. */
  get placeholders(): Pick<Adopted, 'family' | 'inner' | 'sources'> {
    return this.#adopted;
  }

  keys(): readonly string[] {
    return [...this.#given.keys()];
  }

  /** Where the value of a setting came from. */
  source(key: string, fallback: 'server' | 'default'): SettingSource {
    const given = this.#given.get(key)?.[0];
    if (given === undefined) {
      return { from: fallback };
    }
    const line = this.position(given.place)?.line;
    return line === undefined ? { from: given.place.from } : { from: given.place.from, line };
  }

  #takeOverride(key: string, value: unknown): void {
    const place: Place = { from: 'request', label: shortName(key), path: [key] };
    if (nestsDeeperThan(value, MAX_DEPTH)) {
      this.wrong(place, 'is nested too deeply');
      return;
    }
    if (snakeCase(key) === 'input' && isObject(value)) {
      for (const [name, item] of Object.entries(value)) {
        this.inputValues.set(name, item);
      }
      return;
    }
    this.#take(key, value, place, new Set());
  }

  #take(key: string, value: unknown, place: Place, overridden: ReadonlySet<string>): void {
    const name = snakeCase(key);
    const isForeign = this.#isForeign(key, place);
    const setting = isForeign ? undefined : findSetting(key);
    if (setting !== undefined) {
      this.#add({ setting, value, place }, overridden);
    } else if (CONFIG_KEYS.includes(name)) {
      this.#takeConfig(value, place, overridden);
    } else if (RESERVED_KEYS.includes(name) && !isForeign) {
      this.reportKey(
        'warning',
        'reserved_key',
        `${shortName(key)} is reserved and not supported yet.`,
        place,
      );
    } else if (/^_[A-Za-z]\w*$/.test(key)) {
      this.variables.set(key, value);
    } else if (isForeign || FOREIGN_KEYS.includes(name) || /^x[-_]|[.$:]/i.test(key)) {
      this.#keep(key, value, place);
    } else {
      this.ext.set(key, value);
      this.#reportUnknown(key, place);
    }
  }

  /**
   * Whether a key belongs to the tool that a document was written for: one that means something
   * else there, or one that is like no setting here. What is like one is a slip of the pen.
   */
  #isForeign(key: string, place: Place): boolean {
    const { family, foreign } = this.#adopted;
    if (place.from === 'request') {
      return false;
    }
    const name = key.slice(key.lastIndexOf('.') + 1);
    const isVariable = key.startsWith('_');
    return foreign.has(key) || (family !== null && !isVariable && nearestKey(name) === null);
  }

  #keep(key: string, value: unknown, place: Place): void {
    this.ext.set(key, value);
    if (!this.#adopted.told.has(key)) {
      this.#foreign.push({ name: key, place });
    }
  }

  #takeConfig(value: unknown, place: Place, overridden: ReadonlySet<string>): void {
    if (!isObject(value)) {
      if (value !== null) {
        this.wrong(place, 'must be a map');
      }
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      const inner = { ...place, label: `${place.label}.${key}`, path: [...place.path, key] };
      const setting = findSetting(key);
      if (setting?.wire !== undefined) {
        this.#add({ setting, value: item, place: inner }, overridden);
      } else if (isOfProvider(key, place) || this.#isForeign(inner.label, inner)) {
        this.#keep(inner.label, item, inner);
      } else {
        this.ext.set(inner.label, item);
        this.#reportUnknown(inner.label, inner);
      }
    }
  }

  #add(given: Given, overridden: ReadonlySet<string>): void {
    const { key } = given.setting;
    const before = this.#given.get(key) ?? [];
    if (overridden.has(key) || given.value === null) {
      return;
    }
    const first = before[0];
    // `tools` and `mcp-servers` stand side by side in other tools' files; they add up.
    const adds = key === 'tools' && before.every(({ place }) => !isSameName(place, given.place));
    if (first === undefined || adds) {
      this.#given.set(key, [...before, given]);
      return;
    }
    const lines = [first, given]
      .map(({ place }) => this.keyPosition(place)?.line ?? '?')
      .join(' and ');
    const message = `${first.place.label} and ${given.place.label} are the same setting, on lines ${lines}. Keep one.`;
    this.reportKey('error', 'duplicate_key', message, given.place);
  }

  #reportUnknown(key: string, place: Place): void {
    // Looking for the nearest key is what costs; nobody would read it any more.
    if (this.areMany) return;
    const near = nearestKey(key.slice(key.lastIndexOf('.') + 1));
    const hint = near === null ? 'It is ignored.' : `Did you mean ${near}?`;
    this.reportKey(
      'warning',
      'unknown_key',
      `There is no setting ${shortName(key)}. ${hint}`,
      place,
    );
  }

  #reportForeign(): void {
    const first = this.#foreign[0];
    if (first !== undefined) {
      const names = nameList(
        this.#foreign.map(({ name }) => name),
        MAX_NAMES,
      );
      const message = `Settings of other tools, kept but not acted on: ${names}.`;
      this.reportKey('info', 'foreign_keys', message, first.place);
    }
  }
}

/** A setting for the model that is like none here is one that only some provider knows. */
function isOfProvider(key: string, { from }: Place): boolean {
  return (
    FOREIGN_KEYS.includes(snakeCase(key)) || (from === 'frontmatter' && nearestKey(key) === null)
  );
}

function isSameName(a: Place, b: Place): boolean {
  return snakeCase(a.label) === snakeCase(b.label);
}
