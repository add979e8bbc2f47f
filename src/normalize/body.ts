import type { PromptDocument, Reference } from '../parse/document.ts';
import { lineAround, nextLine } from '../parse/lines-of-urls.ts';
import { type Range, rangeBehind } from '../parse/ranges.ts';
import type { Input } from './input.ts';
import type { RequestReference, UrlPolicy } from './request.ts';
import { isServerReference } from './servers.ts';
import { ownServerPath } from './server-url.ts';
import { scanTemplate } from './template-scan.ts';

/**
 * Whether the body is a template: where variables are declared or supplied, in a dotprompt file,
 * and where the first thing that is said opens a role. In any other document tags are text, since
 * many prompts speak about templates.
 * @param path name of the prompt's file
 * @see spec/prompt-format.md TPL
 */
export function isTemplate(
  document: PromptDocument,
  input: Input,
  path: string | undefined,
): boolean {
  return (
    input.isGiven ||
    path?.endsWith('.prompt') === true ||
    /^\s*\{\{~?#?\s*role\s+["']/.test(document.body)
  );
}

/**
 * A template without the references inside its tags: a comment is not prose, and an image is sent,
 * not read.
 */
export function withoutTagReferences(document: PromptDocument): PromptDocument {
  if (document.references.length === 0) {
    return document;
  }
  const tags: Range[] = [];
  scanTemplate(document.body, ({ kind, start, end }) => {
    if (kind === 'tag') {
      tags.push({ start, end });
    }
  });
  const references = document.references.filter(
    ({ start, end }) => (rangeBehind(tags, start)?.start ?? end) >= end,
  );
  return { ...document, references };
}

/**
 * The body without the lines that hold nothing but URLs of tool servers; inside a sentence the
 * text stays, because the sentence needs it.
 */
export function promptText(document: PromptDocument): string {
  const { body } = document;
  const kept: string[] = [];
  let from = 0;
  for (const { start, end } of serverLines(document)) {
    kept.push(body.slice(from, start));
    from = end;
  }
  return [...kept, body.slice(from)].join('').trim();
}

interface ServerLine {
  readonly start: number;
  /** Offset behind the line end. */
  readonly end: number;
  /** Whether all its URLs are of tool servers. */
  readonly servers: boolean;
}

/** The lines whose URLs are all of tool servers, in order, each once. */
export function serverLines({ body, references }: PromptDocument): readonly Range[] {
  const lines: ServerLine[] = [];
  for (const reference of references.filter(({ alone }) => alone)) {
    const servers = isServerReference(reference);
    const last = lines.at(-1);
    if (last !== undefined && reference.start < last.end) {
      lines[lines.length - 1] = { ...last, servers: last.servers && servers };
    } else {
      const { start, end } = lineAround(body, reference.start);
      lines.push({ start, end: nextLine(body, end), servers });
    }
  }
  return lines.filter((line) => line.servers);
}

const RANK = { ignored: 0, context: 1, server: 2 } as const;

/**
 * What each URL of the body is taken for, in reading order, each URL once: a server, context under
 * the policy, or nothing.
 * @see spec/prompt-format.md URL
 */
export function decideReferences(
  references: readonly Reference[],
  policy: UrlPolicy['policy'],
  ownOrigins: readonly string[],
): RequestReference[] {
  const decided = new Map<string, RequestReference>();
  for (const reference of references) {
    const url = ownServerPath(reference.url, ownOrigins);
    const { section } = reference;
    const found: RequestReference = {
      url,
      ...decide(reference, policy),
      line: reference.at.line,
      ...(section === undefined ? {} : { section }),
    };
    const key = `${plainUrl(url)}#${section ?? ''}`;
    const before = decided.get(key);
    if (before === undefined || RANK[before.as] < RANK[found.as]) {
      decided.set(key, found);
    }
  }
  return [...decided.values()];
}

/**
 * The references of which only as many are context as a run may read. Without the bound a prompt of
 * one megabyte would let this server knock at a thousand doors.
 */
export function withinMaxUrls(
  references: readonly RequestReference[],
  max: number,
): RequestReference[] {
  let left = max;
  return references.map((reference) => {
    if (reference.as !== 'context') {
      return reference;
    }
    left -= 1;
    const why = `max_urls is ${max}, and so many stand before it.`;
    return left >= 0 ? reference : { ...reference, as: 'ignored', why };
  });
}

function plainUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

function decide(
  reference: Reference,
  policy: UrlPolicy['policy'],
): Pick<RequestReference, 'as' | 'why'> {
  if (isServerReference(reference)) {
    return { as: 'server', why: 'It looks like the address of an MCP server.' };
  }
  if (policy === 'none') {
    return { as: 'ignored', why: 'urls is none.' };
  }
  if (reference.form === 'mention') {
    return policy === 'leading' && !reference.leading
      ? { as: 'ignored', why: 'urls is leading, and it is not in the first block of URLs.' }
      : { as: 'context', why: 'It is mentioned with @.' };
  }
  if (policy === 'all') {
    return { as: 'context', why: 'urls is all.' };
  }
  if (policy === 'leading' && reference.leading) {
    return { as: 'context', why: 'urls is leading, and it is in the first block of URLs.' };
  }
  return { as: 'ignored', why: 'It is not mentioned with @.' };
}
