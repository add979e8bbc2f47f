import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import type { Given, Settings } from './given.ts';
import { readValue, toJson } from './setting-type.ts';

/** Fields that `extra_body` cannot set: they are decided elsewhere. */
const PROTECTED: readonly string[] = ['model', 'messages', 'tools', 'stream'];

/**
 * The fields that go to the model as they are: every setting with a wire field that somebody gave,
 * then `extra_body`.
 */
export function readParameters(settings: Settings): JsonObject {
  const parameters: Record<string, Json> = {};
  for (const key of settings.keys()) {
    const given = settings.given(key)[0];
    const wire = given?.setting.wire;
    if (given !== undefined && wire !== undefined) {
      const value = readParameter(given, settings);
      if (value !== undefined) {
        parameters[wire] = value;
      }
    }
  }
  return { ...parameters, ...readExtraBody(settings) };
}

function readParameter(given: Given, settings: Settings): Json | undefined {
  const { type } = given.setting;
  const read =
    type.kind === 'tool_choice' ? readToolChoice(given.value) : readValue(type, given.value);
  if ('wrong' in read) {
    settings.wrong(given.place, read.wrong);
    return undefined;
  }
  return toJson(read.value);
}

/** `none`, `auto`, `required`, or OpenAI's object that names a function. */
function readToolChoice(value: unknown): { value: unknown } | { wrong: string } {
  return isObject(value) || ['none', 'auto', 'required'].includes(String(value))
    ? { value }
    : { wrong: "must be none, auto, required or OpenAI's object" };
}

function readExtraBody(settings: Settings): JsonObject {
  const given = settings.given('extra_body')[0];
  if (given === undefined) {
    return {};
  }
  const { value, place } = given;
  if (!isObject(value)) {
    settings.wrong(place, 'must be a map');
    return {};
  }
  for (const key of PROTECTED.filter((name) => Object.hasOwn(value, name))) {
    settings.wrong(place, `cannot set ${key}`, [key]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}
