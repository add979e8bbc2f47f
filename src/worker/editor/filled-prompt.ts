import { Composer, Document, isMap, isScalar, Parser } from 'yaml';
import type { YAMLMap } from 'yaml';
import { findSetting } from '../../normalize/key-name.ts';
import { splitFrontmatter } from '../../parse/frontmatter.ts';
import { YAML_OPTIONS } from '../../parse/yaml-options.ts';
import { isObject } from '../../protocol/json.ts';
import { overridesIn } from '../post/read-prompt.ts';

/**
 * The document that `GET /?prompt=…&model=…` fills the editor with: every parameter that is a setting
 * stands in the frontmatter, where its reader sees it. Frontmatter that cannot be read stays as it is.
 */
export function filledPrompt(query: URLSearchParams): string {
  const text = query.get('prompt') ?? '';
  const settings = Object.entries(settingsIn(query));
  if (settings.length === 0) return text;
  const split = splitFrontmatter(text, false);
  if (split.kind === 'unclosed') return text;
  const block = split.kind === 'block' ? text.slice(split.from, split.to) : '';
  const document = block.trim() === '' ? new Document({}) : documentOf(block);
  if (document === null || document.errors.length > 0 || !isMap(document.contents)) return text;
  for (const [key, value] of settings) {
    document.set(
      spellingIn(document.contents, key),
      typeof value === 'object' ? document.createNode(value) : value,
    );
  }
  const yaml = document.toString({ lineWidth: 0 });
  if (split.kind === 'block') return text.slice(0, split.from) + yaml + text.slice(split.to);
  return `---\n${yaml}---\n${text}`;
}

/** Null when there is more than one. */
function documentOf(block: string) {
  const [document, another] = new Composer(YAML_OPTIONS).compose(new Parser().parse(block));
  return another === undefined ? (document ?? null) : null;
}

/** Parameters that are settings, in the order of the address; others are nobody's (`utm_source`). */
function settingsIn(query: URLSearchParams): Record<string, unknown> {
  const known = Object.entries(overridesIn(query)).filter(
    ([key]) => findSetting(key) !== undefined,
  );
  const given = inputIn(query.get('input') ?? '');
  return { ...Object.fromEntries(known), ...(given === null ? {} : { input: { default: given } }) };
}

/** A key as the frontmatter already spells it: twice would be an error. */
function spellingIn({ items }: YAMLMap, key: string): string {
  const setting = findSetting(key);
  const keys = items.map(({ key: each }) => (isScalar(each) ? String(each.value) : ''));
  return keys.find((each) => findSetting(each) === setting) ?? key;
}

function inputIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
