import { type Node, isAlias, isMap, isNode, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { Frontmatter, FrontmatterEntry } from './document.ts';
import { keyPointer, pointer } from './pointer.ts';
import type { Position, Severity } from './problem.ts';
import { quoteHint } from './yaml-hint.ts';

type Path = readonly (string | number)[];

interface Reader {
  readonly report: (severity: Severity, code: string, message: string, offset: number) => void;
  readonly positionAt: (offset: number) => Position;
}

interface Found {
  readonly positions: Map<string, Position>;
  readonly plain: Map<string, string>;
}

/**
 * The composed tree as plain data with a position for every key and value.
 * The depth was bounded before, so the recursion here is too.
 *
 * @returns null when the block is not a map; that is reported
 */
export function readMap(root: Node | null, reader: Reader): Frontmatter | null {
  const found: Found = { positions: new Map(), plain: new Map() };
  if (root === null || (isScalar(root) && root.value === null)) {
    return { entries: [], ...found };
  }
  if (!isMap(root)) {
    reader.report('error', 'frontmatter_not_map', notMap(root), startOf(root));
    return null;
  }
  const entries: FrontmatterEntry[] = [];
  for (const { key, keyNode, valueNode } of pairsOf(root, [], reader, found)) {
    const at = reader.positionAt(startOf(keyNode));
    const value = toData(valueNode, [key], reader, found);
    entries.push({ key, value, at, valueAt: found.positions.get(pointer([key])) ?? at });
  }
  return { entries, ...found };
}

function notMap(root: Node): string {
  const glued = isScalar(root) && typeof root.value === 'string' && /^[\w-]+:\S/.test(root.value);
  const hint = glued ? ' A space belongs after the colon.' : '';
  return `The frontmatter must be a list of "key: value" lines.${hint}`;
}

interface Entry {
  readonly key: string;
  readonly keyNode: unknown;
  readonly valueNode: unknown;
}

/** The pairs of a map whose keys are usable; a key that stands twice counts where it stands first. */
function pairsOf(map: YAMLMap, path: Path, reader: Reader, found: Found): Entry[] {
  const lines = new Map<string, number>();
  const entries: Entry[] = [];
  for (const pair of map.items) {
    const key = keyOf(pair);
    const offset = startOf(pair.key);
    if (key === null) {
      reader.report('error', 'invalid_yaml', 'A key must be plain text.', offset);
      continue;
    }
    const at = reader.positionAt(offset);
    const first = lines.get(key);
    if (first !== undefined) {
      const message = `"${key}" stands twice, on lines ${first} and ${at.line}. Keep one.`;
      reader.report('error', 'duplicate_key', message, offset);
      continue;
    }
    lines.set(key, at.line);
    found.positions.set(keyPointer([...path, key]), at);
    if (!isNode(pair.value)) {
      found.positions.set(pointer([...path, key]), at);
    }
    entries.push({ key, keyNode: pair.key, valueNode: pair.value });
  }
  return entries;
}

function keyOf(pair: Pair): string | null {
  if (!isScalar(pair.key)) {
    return null;
  }
  const { value, source } = pair.key;
  return typeof value === 'string' ? value : (source ?? String(value));
}

function toData(node: unknown, path: Path, reader: Reader, found: Found): unknown {
  if (!isNode(node)) {
    return null;
  }
  const here = pointer(path);
  found.positions.set(here, reader.positionAt(startOf(node)));
  refuseAnchors(node, reader);
  if (isMap(node)) {
    const pairs = pairsOf(node, path, reader, found);
    // `fromEntries` defines own properties, so a key `__proto__` stays data.
    return Object.fromEntries(
      pairs.map(({ key, valueNode }) => [key, toData(valueNode, [...path, key], reader, found)]),
    );
  }
  if (isSeq(node)) {
    return node.items.map((item, index) => toData(item, [...path, index], reader, found));
  }
  if (isScalar(node)) {
    if (typeof node.value !== 'string' && node.source !== undefined) {
      found.plain.set(here, node.source);
    }
    return finite(node.value, startOf(node), reader);
  }
  return null;
}

/** Aliases make a small block expand to a huge value, so neither they nor anchors are read. */
function refuseAnchors(node: Node, reader: Reader): void {
  const marker = isAlias(node) ? '*' : '&';
  if (isAlias(node) || ('anchor' in node && node.anchor !== undefined)) {
    const message = `YAML aliases and anchors are not read. ${quoteHint(marker) ?? ''}`;
    reader.report('error', 'yaml_alias', message, startOf(node));
  }
}

function finite(value: unknown, offset: number, reader: Reader): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    reader.report('error', 'invalid_yaml', 'This number cannot be written in JSON.', offset);
    return null;
  }
  return value;
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
