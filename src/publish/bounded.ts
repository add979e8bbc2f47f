import { countOf } from './figures.ts';

/** The beginning of a text, and how much of it was left out. */
export interface Bounded {
  readonly text: string;
  /** UTF-16 code units that are missing; 0 when the text is whole. */
  readonly more: number;
}

/** At most `limit` code units of a text, never half a surrogate pair. */
export function bounded(text: string, limit: number): Bounded {
  if (text.length <= limit) return { text, more: 0 };
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return { text: text.slice(0, end), more: text.length - end };
}

/** What stands where something was left out. */
export function moreNote(more: number): string {
  return `… ${countOf(more)} more characters; see .json`;
}

// Everything a terminal acts on: C0 except tab and line feed, DEL, C1, and the marks that turn
// the direction of text around.
// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text that does nothing but stand there. A tool's answer with escape sequences would otherwise
 * move the cursor of whoever reads the run with `curl`, and rewrite what stands above it; a bare
 * carriage return is a line ending in Markdown and would open a line that no fence counted.
 */
export function inert(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(ACTIVE, '\ufffd');
}
