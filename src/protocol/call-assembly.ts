import type { ToolCallDelta } from './chat.ts';
import type { Json } from './json.ts';
import { isObject } from './json.ts';
import type { JsonExtent } from './json-extent.ts';
import { jsonExtent } from './json-extent.ts';

/** A tool call that is being put together from the pieces of a stream. */
export interface CallInProgress {
  /** As the provider gave it; not yet unique in the run. */
  id: string | undefined;
  index: number | undefined;
  name: string;
  arguments: string;
  extra: Json | undefined;
  readonly extent: JsonExtent;
  /** The number of the chunk that last added to it. */
  chunk: number;
}

/** A piece with the spellings of "nothing" taken out. */
interface Piece {
  readonly id: string | undefined;
  readonly index: number | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
  readonly extra: Json | undefined;
}

/**
 * Puts tool calls together from the pieces of one model step. A piece belongs to a call by its id,
 * then by index and name, and never to one whose arguments are complete when its own start anew:
 * Gemini sends every parallel call as index 0, others omit index or id or repeat the name.
 * @see spec/providers.md PR-CALL-1 to PR-CALL-15
 */
export class CallAssembly {
  /** In the order in which the model began them. */
  readonly calls: CallInProgress[] = [];
  #chunk = 0;

  /** Takes the `tool_calls` of one delta. */
  add(deltas: readonly ToolCallDelta[]): void {
    this.#chunk += 1;
    for (const delta of deltas) this.#addPiece(pieceOf(delta));
  }

  #addPiece(piece: Piece): void {
    const owner = this.#ownerOf(piece);
    const call = owner ?? this.#begin(piece);
    call.id ??= piece.id;
    call.index ??= piece.index;
    if (piece.name !== undefined) call.name = piece.name;
    if (piece.extra !== undefined) call.extra = piece.extra;
    call.chunk = this.#chunk;
    if (!call.extent.closed) this.#append(call, piece.arguments);
  }

  #begin(piece: Piece): CallInProgress {
    // A provider that does not repeat the name means the tool that it called last.
    const name = piece.name ?? this.calls.at(-1)?.name ?? '';
    const call: CallInProgress = {
      id: piece.id,
      index: piece.index,
      name,
      arguments: '',
      extra: piece.extra,
      extent: jsonExtent(),
      chunk: this.#chunk,
    };
    this.calls.push(call);
    return call;
  }

  /** `{"a":1}{"b":2}` in one piece is two calls; anything else after the end is dropped. */
  #append(call: CallInProgress, text: string): void {
    const end = call.extent.feed(text);
    call.arguments += text.slice(0, end);
    const rest = text.slice(end);
    if (!startsObject(rest)) return;
    const nothing = { id: undefined, index: call.index, extra: undefined };
    const next = this.#begin({ ...nothing, name: call.name, arguments: '' });
    this.#append(next, rest);
  }

  #ownerOf(piece: Piece): CallInProgress | undefined {
    const found = this.#byId(piece) ?? this.#byIndex(piece);
    if (found === undefined || this.#isAnother(found, piece)) return undefined;
    return found;
  }

  #byId(piece: Piece): CallInProgress | undefined {
    if (piece.id === undefined) return undefined;
    return this.calls.findLast(
      (call) => call.id === piece.id && (call.index ?? piece.index) === (piece.index ?? call.index),
    );
  }

  #byIndex(piece: Piece): CallInProgress | undefined {
    const last = this.calls.at(-1);
    if (piece.index === undefined) return last;
    const same = this.calls.findLast((call) => call.index === piece.index);
    return same ?? (last?.index === undefined ? last : undefined);
  }

  /** Whether the piece begins a new call although it looks like it belongs to this one. */
  #isAnother(call: CallInProgress, piece: Piece): boolean {
    const named = piece.name !== undefined && call.name !== '';
    if (named && piece.name !== call.name) return true;
    if (call.extent.closed && startsObject(piece.arguments)) return !repeats(call, piece);
    if (sameId(call, piece)) return false;
    // Two named entries of one delta are two calls, even when neither has an index of its own.
    if (named && call.chunk === this.#chunk) return true;
    // A new id is a new call, except from servers that invent one for every piece of a call.
    const newId = piece.id !== undefined && call.id !== undefined;
    return newId && (named || call.extent.closed);
  }
}

function sameId(call: CallInProgress, piece: Piece): boolean {
  return piece.id !== undefined && piece.id === call.id;
}

/** The same call once more, whole: some providers send it again at the end. */
function repeats(call: CallInProgress, piece: Piece): boolean {
  return sameId(call, piece) && piece.arguments.trim() === call.arguments.trim();
}

function startsObject(text: string): boolean {
  return text.trimStart().startsWith('{');
}

function pieceOf(delta: ToolCallDelta): Piece {
  const given: unknown = delta.function?.arguments;
  return {
    id: filled(delta.id),
    index: typeof delta.index === 'number' ? delta.index : undefined,
    name: filled(delta.function?.name),
    arguments: typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : '',
    extra: delta.extra_content ?? undefined,
  };
}

/** Servers send null and empty text for "none", and sometimes a number for an id. */
function filled(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
