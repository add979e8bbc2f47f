import type { Json, JsonObject } from '../protocol/json.ts';
import { isObject } from '../protocol/json.ts';
import type { Clues } from './prompt-clues.ts';

/** Arguments for one or more calls of a tool, or the name of the first that nothing fits. */
export type Filled = { readonly calls: readonly JsonObject[] } | { readonly missing: string };

/** What there is to fill arguments with. */
export interface Evidence {
  /** The part of the prompt that names the tool; looked at first. */
  readonly near: Clues;
  readonly whole: Clues;
  /** What follows the words that name the tool: `echo` *hello*. */
  readonly rest: string;
}

type Property = Readonly<Record<string, unknown>>;

/** Fills a tool's input schema; a prompt with several time zones gives a call for each. */
export function fillArguments(schema: JsonObject, evidence: Evidence): Filled {
  const properties = Object.entries(isObject(schema['properties']) ? schema['properties'] : {});
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const { near, whole } = evidence;
  const taken: Taken = {
    numbers: [...near.numbers],
    others: whole.numbers.filter((number) => !near.numbers.includes(number)),
    quotes: [...near.quotes],
  };
  const args: Record<string, Json> = {};
  for (const [name, value] of byExplicitNumber(properties, evidence)) {
    const property = isObject(value) ? value : {};
    const filled = valueFor({ name, property, required: required.has(name) }, evidence, taken);
    if (filled !== undefined) args[name] = filled;
    else if (required.has(name)) return { missing: name };
  }
  const zone = properties.find(([name]) => isZone(name))?.[0];
  if (zone === undefined || evidence.whole.zones.length < 2) return { calls: [args] };
  const zones = evidence.near.zones.length > 0 ? evidence.near.zones : evidence.whole.zones;
  return { calls: zones.map((value) => Object.assign({}, args, { [zone]: value })) };
}

/** What is left for the properties to come. */
interface Taken {
  readonly numbers: number[];
  /** Numbers of the rest of the prompt: *add 2 and 3* may be read as two parts. */
  readonly others: number[];
  readonly quotes: string[];
}

interface Slot {
  readonly name: string;
  readonly property: Property;
  readonly required: boolean;
}

/** `20 sides` belongs to `sides` even when `count` comes first in the schema. */
function byExplicitNumber(
  properties: readonly (readonly [string, unknown])[],
  evidence: Evidence,
): readonly (readonly [string, unknown])[] {
  const explicit = ([name]: readonly [string, unknown]): number =>
    namedNumber(name, evidence.near.text) === undefined ? 1 : 0;
  return properties.toSorted((a, b) => explicit(a) - explicit(b));
}

function valueFor(slot: Slot, evidence: Evidence, taken: Taken): Json | undefined {
  const choices = slot.property['enum'];
  if (Array.isArray(choices)) return choice(choices, slot, evidence);
  switch (typeOf(slot.property)) {
    case 'number':
    case 'integer':
      return numberFor(slot, evidence, taken);
    case 'boolean':
      return slot.required ? true : undefined;
    case 'array':
      return slot.required ? listFor(slot, evidence) : undefined;
    case 'object':
      return slot.required ? {} : undefined;
    default:
      return textFor(slot, evidence, taken);
  }
}

function typeOf({ type }: Property): string {
  const first: unknown = Array.isArray(type) ? type.find((name) => name !== 'null') : type;
  return typeof first === 'string' ? first : 'string';
}

function choice(choices: readonly unknown[], slot: Slot, evidence: Evidence): Json | undefined {
  const words = choices.filter((value) => typeof value === 'string');
  const named = [evidence.near.text, evidence.whole.text].map((text) =>
    words.find((word) => text.toLowerCase().includes(word.toLowerCase())),
  );
  const found = named[0] ?? named[1];
  return found ?? (slot.required && !('default' in slot.property) ? words[0] : undefined);
}

function numberFor({ name, property, required }: Slot, evidence: Evidence, taken: Taken) {
  const whole = typeOf(property) === 'integer';
  const fits = (value: number): boolean => !whole || Number.isInteger(value);
  const named = namedNumber(name, evidence.near.text);
  // A seed that nobody asked for would make every roll the same.
  if (named === undefined && !required && /seed/i.test(name)) return undefined;
  const value = named !== undefined && fits(named) ? named : taken.numbers.find(fits);
  if (value !== undefined) return take(taken.numbers, value);
  if (!required) return undefined;
  const other = taken.others.find(fits);
  return other === undefined ? evidence.whole.numbers.find(fits) : take(taken.others, other);
}

/** Removes a number, so that the next property gets another one. */
function take(numbers: number[], value: number): number {
  const at = numbers.indexOf(value);
  if (at >= 0) numbers.splice(at, 1);
  return value;
}

/** `20 sides`, `20-sided`, `sides: 20`, `sides=20`. */
function namedNumber(name: string, text: string): number | undefined {
  // Only letters reach the pattern: a property name comes from a foreign server.
  const stem = name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/s$/, '');
  if (stem.length < 3) return undefined;
  const before = new RegExp(String.raw`(-?\d+(?:\.\d+)?)[\s-]*${stem}`, 'i').exec(text)?.[1];
  const behind = new RegExp(String.raw`\b${stem}s?\s*[:=]\s*(-?\d+(?:\.\d+)?)`, 'i').exec(
    text,
  )?.[1];
  const found = before ?? behind;
  return found === undefined ? undefined : Number(found);
}

function listFor({ property }: Slot, evidence: Evidence): Json {
  const items = isObject(property['items']) ? typeOf(property['items']) : 'string';
  if (items === 'number' || items === 'integer') return evidence.whole.numbers;
  return evidence.whole.quotes;
}

function textFor({ name, property, required }: Slot, evidence: Evidence, taken: Taken) {
  const clue = clueFor(name, property);
  if (clue !== undefined) return clue(evidence.near) ?? clue(evidence.whole);
  const quote = taken.quotes.shift();
  if (quote !== undefined || !required) return quote;
  if (/city|place|location|country/i.test(name)) return evidence.near.place ?? evidence.whole.place;
  return (evidence.whole.quotes[0] ?? evidence.rest) || undefined;
}

/** The kind of clue that a property of this name wants, when its name says so. */
function clueFor(
  name: string,
  property: Property,
): ((clues: Clues) => string | undefined) | undefined {
  if (isZone(name)) return ({ zones }) => zones[0];
  if (/expr|formula|equation/i.test(name)) return ({ expression }) => expression;
  if (/ur[il]|link|href/i.test(name) || property['format'] === 'uri') return ({ urls }) => urls[0];
  return undefined;
}

function isZone(name: string): boolean {
  return /zone|^tz$/i.test(name);
}
