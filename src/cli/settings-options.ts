import { keyValues, type Arguments } from './options.ts';

/** The values of `-v NAME=VALUE`. */
export function inputs(given: Arguments): Readonly<Record<string, string>> {
  return keyValues(given.values('var'), '-v');
}

/** Settings from the command line, stronger than the frontmatter. */
export function overrides(given: Arguments): Readonly<Record<string, unknown>> {
  const settings = Object.entries(keyValues(given.values('set'), '--set')).map(
    ([key, text]): [string, unknown] => [key, settingValue(text)],
  );
  const model = given.value('model');
  return Object.fromEntries(model === undefined ? settings : [...settings, ['model', model]]);
}

/** `--set stop='["a","b"]'` is a list and `--set store=false` a boolean; all else is text. */
function settingValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? text : value;
  } catch {
    return text;
  }
}
