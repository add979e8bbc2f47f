import type { Range } from './ranges.ts';
import { rangeBehind } from './ranges.ts';

/** The inline links of a text whose target is an absolute http(s) URL. */
export interface Links {
  readonly links: readonly Link[];
  /** Links and images with all their text: no other reference is looked for inside. */
  readonly covered: readonly Range[];
}

interface Link extends Range {
  readonly url: string;
}

/** `](url)`, `](<url>)` and `](url "title")`; one level of brackets inside the URL. */
const TARGET =
  /^\]\([ \t]*<?(https?:\/\/(?:[^\s<>()\\]|\([^\s<>()\\]*\)){1,2000})>?(?:[ \t]+(?:"[^"\n]{0,500}"|'[^'\n]{0,500}'))?[ \t]*\)/i;
const LONGEST_TARGET = 3000;

/**
 * Finds `[text](url)` and `![alt](url)` in one pass over the brackets, so that nesting costs
 * nothing. A blank line ends every open bracket.
 */
export function readLinks(body: string, hidden: readonly Range[]): Links {
  const links: Link[] = [];
  const covered: Range[] = [];
  if (!body.includes('](')) {
    return { links, covered };
  }
  let open: number[] = [];
  const token = /\\[[\]]|[[\]]|\n[ \t]*\r?\n/g;
  for (let found = token.exec(body); found !== null; found = token.exec(body)) {
    const skip = rangeBehind(hidden, found.index);
    if (skip !== undefined && skip.start <= found.index) {
      token.lastIndex = skip.end;
    } else if (found[0] === '[') {
      open.push(found.index);
    } else if (found[0] === ']') {
      const link = closeLink(body, open.pop(), found.index);
      token.lastIndex = link?.end ?? token.lastIndex;
      addLink(body, link, links, covered);
    } else if (!found[0].startsWith('\\')) {
      open = [];
    }
  }
  return { links: links.filter(({ url }) => !/[{}*…]/.test(url)), covered };
}

/** The link whose text ends at a bracket, or null when no address follows. */
function closeLink(body: string, start: number | undefined, close: number): Link | null {
  const target = start === undefined ? null : targetAt(body, close);
  return start === undefined || target === null
    ? null
    : { url: target.url, start, end: close + target.length };
}

/** Keeps a link, or only covers the place of an image; links inside it are part of it. */
function addLink(body: string, link: Link | null, links: Link[], covered: Range[]): void {
  if (link === null) {
    return;
  }
  covered.push({ start: link.start, end: link.end });
  links.splice(firstInside(links, link.start));
  if (body[link.start - 1] !== '!') {
    links.push(link);
  }
}

function targetAt(body: string, close: number): { url: string; length: number } | null {
  if (body[close + 1] !== '(') {
    return null;
  }
  const match = TARGET.exec(body.slice(close, close + LONGEST_TARGET));
  return match === null ? null : { url: match[1] ?? '', length: match[0].length };
}

/** Index of the first link that begins at or behind an offset; links are in reading order. */
function firstInside(links: readonly Link[], offset: number): number {
  let index = links.length;
  while (index > 0 && (links[index - 1]?.start ?? 0) >= offset) {
    index -= 1;
  }
  return index;
}
