import type { PromptDocument } from '../parse/document.ts';
import { keyPointer, pointer } from '../parse/pointer.ts';
import type { Position, Problem, Severity } from '../parse/problem.ts';
import { caret } from '../parse/source.ts';

/** Problems of a document after which only errors are kept. */
const MAX_PROBLEMS = 100;
/** Problems after which nothing is added: most of them are errors, so there is no request. */
const MAX_ERRORS = 1000;
const LONGEST_MESSAGE = 5000;

/** Where a value was given, so that a problem inside it can be placed. */
export interface Place {
  readonly from: 'request' | 'frontmatter';
  /** What the author calls it: the key, or `config.temperature`. */
  readonly label: string;
  readonly path: readonly (string | number)[];
}

/** The problems of a document, each at its place in the text. */
export class PlacedProblems {
  readonly problems: Problem[] = [];
  readonly #document: PromptDocument;
  readonly #lines: readonly string[];

  constructor(document: PromptDocument) {
    this.#document = document;
    this.#lines = document.text.slice(0, document.bodyStart).split(/\r\n|\n|\r/);
  }

  /** Position of a value, or of the nearest thing around it that has one. */
  position(place: Place, inside: readonly (string | number)[] = []): Position | undefined {
    const positions = this.#document.frontmatter?.positions;
    if (place.from === 'request' || positions === undefined) {
      return undefined;
    }
    for (let path = [...place.path, ...inside]; path.length > 0; path = path.slice(0, -1)) {
      const found = positions.get(pointer(path));
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }

  /** How a scalar was written that is no text. */
  plain(place: Place): string | undefined {
    return place.from === 'request'
      ? undefined
      : this.#document.frontmatter?.plain.get(pointer(place.path));
  }

  /** Adds a problem; after many of them errors only, and after very many nothing. */
  report(severity: Severity, code: string, message: string, at?: Position): void {
    // A hostile block has thousands of keys; its author reads the first few.
    const most = severity === 'error' ? MAX_ERRORS : MAX_PROBLEMS;
    if (this.problems.length >= most) {
      return;
    }
    const where = at === undefined ? {} : { at, ...this.#excerpt(code, at) };
    // Whoever quotes a name of a stranger and forgets to cut it is cut here.
    this.problems.push({ code, severity, message: message.slice(0, LONGEST_MESSAGE), ...where });
  }

  /** Reports what is wrong with a value, at its place. */
  wrong(place: Place, message: string, inside: readonly (string | number)[] = []): void {
    const label = place.from === 'request' ? `${place.label} in the request` : place.label;
    this.report('error', 'invalid_value', `${label} ${message}.`, this.position(place, inside));
  }

  /** A line with a secret in it is never quoted: problems are printed, logged and sent. */
  #excerpt(code: string, at: Position): { excerpt?: string } {
    const line = this.#lines[at.line - 1];
    return line === undefined || code === 'literal_secret'
      ? {}
      : { excerpt: caret(line, at.column) };
  }

  /** Reports what is wrong with a key and not with its value. */
  protected reportKey(severity: Severity, code: string, message: string, place: Place): void {
    this.report(severity, code, message, this.keyPosition(place));
  }

  /** Position of a key. */
  protected keyPosition(place: Place): Position | undefined {
    return place.from === 'request'
      ? undefined
      : this.#document.frontmatter?.positions.get(keyPointer(place.path));
  }

  /** Whether the author has enough to read: what costs to find out is not looked for any more. */
  protected get areMany(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }
}
