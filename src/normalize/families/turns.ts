import { placeReferences } from '../../parse/lines-of-urls.ts';
import { hiddenRanges } from '../../parse/prose.ts';
import { findReferences } from '../../parse/references.ts';
import type { Reference } from '../../parse/document.ts';
import type { Position } from '../../parse/problem.ts';
import type { Draft, Edit } from './draft.ts';

/** Who speaks, in the words of the template tag `{{role "…"}}`. */
export type Speaker = 'system' | 'user' | 'model';

/** One message of a conversation that a document writes down. */
export interface Turn {
  readonly speaker: Speaker;
  readonly text: string;
  /** Offsets of the text in the body. */
  readonly start: number;
  readonly end: number;
  /** Offset of the line that names the speaker. */
  readonly line: number;
}

const ROLE_LINE =
  /^ {0,3}(?:# {0,3})?(system|developer|user|assistant)(?:\[[^\]\r\n]{0,200}\])?[ \t]{0,20}:[ \t]{0,20}$/i;

/** The speaker of a role as chat models name it, or null. */
export function speakerOf(role: unknown): Speaker | null {
  switch (typeof role === 'string' ? role.toLowerCase() : '') {
    case 'system':
    case 'developer':
      return 'system';
    case 'user':
      return 'user';
    case 'assistant':
    case 'model':
      return 'model';
    default:
      return null;
  }
}

/**
 * The turns of a body with lines `system:`, `user:` and `assistant:`. A line in a fence is an
 * example; text before the first such line belongs to the system turn.
 */
export function turnsOf(body: string): readonly Turn[] {
  const turns: Turn[] = [];
  let open: { speaker: Speaker; start: number; line: number } | null = null;
  const close = (end: number): void => {
    if (open !== null) {
      turns.push({ ...open, end, text: body.slice(open.start, end).trim() });
    }
  };
  for (const { speaker, start, next } of roleLines(body)) {
    if (open === null && body.slice(0, start).trim() !== '') {
      open = { speaker: 'system', start: 0, line: 0 };
    }
    close(start);
    open = { speaker, start: next, line: start };
  }
  close(body.length);
  return turns.filter(({ text }) => text !== '');
}

function roleLines(body: string): { speaker: Speaker; start: number; next: number }[] {
  const found: { speaker: Speaker; start: number; next: number }[] = [];
  let fence: string | null = null;
  let start = 0;
  for (const line of body.split(/(?<=\n)/)) {
    const mark = /^ {0,3}(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || fence === mark)) {
      fence = fence === null ? mark : null;
    }
    const role = fence === null ? ROLE_LINE.exec(line.trimEnd())?.[1] : undefined;
    const speaker = speakerOf(role);
    const next = start + line.length;
    if (speaker !== null) {
      found.push({ speaker, start, next });
    }
    start = next;
  }
  return found;
}

/**
 * Makes the prompt of the turns in its body: what the system says first is the setting `system`, a
 * question alone is the body, and any other conversation is written with role tags. So no value
 * can ever open a turn: they are found before values are put in.
 */
export function adoptTurns(draft: Draft, turns: readonly Turn[]): void {
  const { system, rest } = divide(turns);
  const heard = system.flatMap((turn) => referencesIn(draft.references, turn));
  const edits: Edit[] = [];
  let from = 0;
  for (const turn of rest) {
    const tag = rest.length === 1 && turn.speaker !== 'model' ? '' : roleTag(turn.speaker);
    const lines = draft.body.slice(from, turn.start).match(/\r\n|\n|\r/g) ?? [];
    // As many lines as before, so that places in what follows stay right.
    const kept = lines.slice(tag === '' ? 0 : 1).join('');
    edits.push({ start: from, end: turn.start, text: kept + tag });
    from = turn.end;
  }
  draft.edit([...edits, { start: from, end: draft.body.length, text: '' }]);
  draft.references = [...heard, ...draft.references];
  putSystem(
    draft,
    system.map(({ text }) => text),
  );
}

/** Turns of the system before all others; a document that has no other asks with the last one. */
function divide<T extends { readonly speaker: Speaker }>(turns: readonly T[]) {
  const first = turns.findIndex(({ speaker }) => speaker !== 'system');
  const count = first === -1 ? turns.length - 1 : first;
  return { system: turns.slice(0, count), rest: turns.slice(count) };
}

/** What the system says is no line of the body any more, so none of it is taken out. */
function referencesIn(references: readonly Reference[], { start, end }: Turn): Reference[] {
  return references
    .filter((reference) => reference.start >= start && reference.end <= end)
    .map((reference) => ({ ...reference, start: 0, end: 0, alone: false, leading: false }));
}

function roleTag(speaker: Speaker): string {
  return `{{role "${speaker}"}}\n`;
}

function putSystem(draft: Draft, texts: readonly string[]): void {
  const given = draft.entry('system', 'instructions');
  if (texts.length === 0) {
    return;
  }
  const joined = texts.join('\n\n');
  if (typeof given?.value === 'string') {
    draft.replace(given, `${given.value}\n\n${joined}`);
  } else {
    draft.put('system', joined);
  }
}

/** A message that stands in the settings of a document. */
export interface Message {
  readonly speaker: Speaker;
  readonly text: string;
  /** Where it stands. */
  readonly at: Position;
}

/** Makes the prompt of messages in the settings, as `adoptTurns` does of those in the body. */
export function adoptMessages(draft: Draft, messages: readonly Message[]): void {
  const { system, rest } = divide(messages);
  const references = system.flatMap(({ text, at }) =>
    readReferences(text, 0, at).map((reference) => ({
      ...reference,
      start: 0,
      end: 0,
      alone: false,
    })),
  );
  let body = '';
  for (const { speaker, text, at } of rest) {
    body += rest.length === 1 && speaker !== 'model' ? '' : roleTag(speaker);
    references.push(...readReferences(text, body.length, at));
    body += `${text}\n`;
  }
  draft.body = body;
  draft.references = references;
  putSystem(
    draft,
    system.map(({ text }) => text),
  );
}

function readReferences(text: string, offset: number, at: Position): Reference[] {
  const found = findReferences(text, hiddenRanges(text));
  const placements = placeReferences(text, found);
  return found.map((reference, index) => {
    const { start, end } = reference;
    const placed = placements[index] ?? { alone: false, leading: false };
    return Object.assign({}, reference, placed, { at, start: start + offset, end: end + offset });
  });
}
