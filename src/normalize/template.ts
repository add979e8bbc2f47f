import type { Json, JsonObject } from '../protocol/json.ts';

/** `\{{x}}`, `${{ x }}`, `{{{x}}}` and `{{x}}`, in this order; a tag holds at most 200 characters. */
const TAG = /\\\{\{|\$\{\{[^{}]{0,200}\}\}|\{\{\{?([^{}]{0,200})\}?\}\}/g;

/** A text with its variables replaced. */
export interface Rendered {
  readonly text: string;
  /** Names that look like variables but are not declared; they stay as they are. */
  readonly undeclared: readonly string[];
  /** Names of the variables that were replaced; the first part of `a.b`. */
  readonly used: ReadonlySet<string>;
  /** Tags of the template language that are not simple variables. */
  readonly helpers: readonly string[];
}

/**
 * Replaces `{{name}}` and `{{a.b}}` in one pass, so that a value can never open a tag. Values go in
 * as they are, never HTML-escaped; `${{ … }}` belongs to other tools and is left alone.
 *
 * @param text the template
 * @param names the variables that are declared or supplied
 * @param values what they hold; a declared name without a value becomes nothing
 * @see spec/prompt-format.md TPL
 */
export function renderTemplate(
  text: string,
  names: ReadonlySet<string>,
  values: JsonObject,
): Rendered {
  const undeclared = new Set<string>();
  const helpers = new Set<string>();
  const used = new Set<string>();
  const rendered = text.replace(TAG, (written: string, inner?: string) => {
    if (inner === undefined) {
      return written.startsWith('\\') ? '{{' : written;
    }
    const name = inner.trim();
    const path = /^[\p{L}_][\p{L}\p{N}_-]*(?:\.[\p{L}\p{N}_-]+){0,20}$/u.test(name)
      ? name.split('.')
      : null;
    if (path === null) {
      helpers.add(name);
      return written;
    }
    if (!names.has(path[0] ?? '')) {
      undeclared.add(name);
      return written;
    }
    used.add(path[0] ?? '');
    return shown(lookUp(values, path));
  });
  return { text: rendered, undeclared: [...undeclared], used, helpers: [...helpers] };
}

/** Own properties only: `{{a.constructor}}` is nothing. */
function lookUp(values: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, step) =>
      value !== undefined && isIndexed(value) && Object.hasOwn(value, step)
        ? value[step]
        : undefined,
    values,
  );
}

/** Lists are read by their numbers, like maps by their names. */
function isIndexed(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null;
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
