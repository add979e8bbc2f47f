import type { ReferenceForm } from './document.ts';
import { readLinks } from './links.ts';
import { mergeRanges, type Range, rangeBehind } from './ranges.ts';
import { DEMO_PATH, looksLikeMcp, ownPath } from './url-shape.ts';
import { readUrl, type WrittenUrl } from './url-text.ts';

/** A URL in the prose, before it is known what else stands on its line. */
export interface FoundReference extends Range {
  readonly url: string;
  readonly form: ReferenceForm;
  readonly looksLike: 'mcp' | 'document';
  readonly section?: string;
}

/** Where an address begins: the scheme, with `@` or `@{` before it; or `@/path`. */
const START = /(@\{?)?(https?:\/\/(?=[^\s/?#]))|(@\{?)(?=\/[A-Za-z0-9_-])/gi;
/** An address in angle brackets or braces ends within so many characters. */
const LONGEST = 2000;
/** A letter or digit before it makes it part of another word: `git+https://`, `me@https://`. */
const INSIDE_WORD = /[A-Za-z0-9+.-]/;

/**
 * Finds the URLs in the prose of a body, in reading order: bare, `<url>`, `[text](url)`, `@url`,
 * `@{url}` and `@/path`.
 *
 * @param body the Markdown
 * @param hidden what is not prose, sorted
 * @see spec/prompt-format.md REF
 */
export function findReferences(body: string, hidden: readonly Range[]): readonly FoundReference[] {
  const links = readLinks(body, hidden);
  const taken = mergeRanges([...hidden, ...links.covered]);
  const found: FoundReference[] = links.links.flatMap(({ url, start, end }) => {
    const reference = asReference(url, 'link', { start, end });
    return reference === null ? [] : [reference];
  });
  const pattern = new RegExp(START);
  for (let match = pattern.exec(body); match !== null; match = pattern.exec(body)) {
    const limit = rangeBehind(taken, match.index);
    if (limit !== undefined && limit.start <= match.index) {
      pattern.lastIndex = limit.end;
      continue;
    }
    const reference = readAt(body, match, limit?.start ?? body.length);
    if (reference !== null) {
      found.push(reference);
      pattern.lastIndex = reference.end;
    }
  }
  return found.toSorted((a, b) => a.start - b.start);
}

function readAt(body: string, match: RegExpExecArray, limit: number): FoundReference | null {
  const at = match[1] ?? match[3] ?? '';
  const start = match.index;
  const before = start === 0 ? ' ' : body.charAt(start - 1);
  if (INSIDE_WORD.test(before)) {
    return null;
  }
  const from = start + at.length;
  if (at === '@{') {
    return readBraced(body, start, from);
  }
  const written = readUrl(body, from, reach(body, limit, from), before);
  // A code span glued to an address is a placeholder in it.
  const isGlued = written?.end === limit && body[limit] === '`';
  return written === null || isGlued ? null : formOf(body, start, at, written);
}

function formOf(
  body: string,
  start: number,
  at: string,
  { url, end }: WrittenUrl,
): FoundReference | null {
  if (at !== '') {
    return asReference(url, 'mention', { start, end });
  }
  return body[start - 1] === '<' && body[end] === '>'
    ? asReference(url, 'autolink', { start: start - 1, end: end + 1 })
    : asReference(url, 'bare', { start, end });
}

/**
 * How far an address may be read: to the `>` of an autolink, and into an opening tag right behind
 * it, which is a placeholder in the address.
 */
function reach(body: string, limit: number, from: number): number {
  const isAutolink = body[from - 1] === '<';
  const close = isAutolink ? body.slice(from, Math.min(limit, from + LONGEST)).indexOf('>') : -1;
  if (close !== -1) {
    return from + close;
  }
  return body[limit] === '<' ? Math.min(body.length, limit + 2) : limit;
}

/** `@{url}`: everything up to the brace, whatever follows it. */
function readBraced(body: string, start: number, from: number): FoundReference | null {
  const written = /^[^\s{}<>*\\`"…]{1,2000}(?=\})/u.exec(body.slice(from, from + 2001))?.[0];
  const end = from + (written?.length ?? 0) + 1;
  return written === undefined ? null : asReference(written, 'mention', { start, end });
}

function asReference(written: string, form: ReferenceForm, range: Range): FoundReference | null {
  const hash = written.indexOf('#');
  const fragment = hash === -1 ? '' : written.slice(hash + 1);
  const section = form === 'mention' ? sectionOf(fragment) : undefined;
  const url = section === undefined ? written : written.slice(0, hash);
  const { start, end } = range;
  const named =
    section === undefined ? { url, form, start, end } : { url, form, start, end, section };
  if (url.startsWith('/')) {
    const path = ownPath(url);
    const looksLike = path === DEMO_PATH ? 'mcp' : 'document';
    return path === null ? null : { ...named, url: path, looksLike };
  }
  if (!URL.canParse(url)) {
    return null;
  }
  return { ...named, looksLike: looksLikeMcp(written) ? 'mcp' : 'document' };
}

/** The heading a fragment names; `#/route` and `#!route` belong to applications. */
function sectionOf(fragment: string): string | undefined {
  if (fragment === '' || /^[/!]/.test(fragment)) {
    return undefined;
  }
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
