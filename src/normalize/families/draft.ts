import type { FrontmatterEntry, PromptDocument, Reference } from '../../parse/document.ts';
import { pointer } from '../../parse/pointer.ts';
import type { Position, Problem, Severity } from '../../parse/problem.ts';
import { caret } from '../../parse/source.ts';
import { snakeCase } from '../key-name.ts';

/** A part of the body and what stands there instead. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A hostile file has a mistake in every line; its author reads the first few. */
const MAX_PROBLEMS = 100;

type Path = readonly (string | number)[];

/** A document of another tool while it is put into the words of this format. */
export class Draft {
  readonly path: string;
  /** Values that came with the request, by name. */
  readonly supplied: Readonly<Record<string, unknown>>;
  /** What is to be said about the document. */
  readonly problems: Problem[] = [];
  /** Keys, as they are written, that mean something else in their own tool than here. */
  readonly foreign = new Set<string>();
  /** Keys of those that a problem of their own speaks about. */
  readonly told = new Set<string>();
  /** Variables that stand for something else in the text; nobody but the template knows their names. */
  readonly inner = new Set<string>();
  /** What the values of those variables are read from. */
  readonly sources = new Set<string>();
  /** URLs that their own tool reads as context, wherever they stand, each with the reason. */
  readonly stacked = new Map<string, string>();
  body: string;
  references: readonly Reference[];
  readonly #document: PromptDocument;
  readonly #positions: Map<string, Position>;
  #entries: FrontmatterEntry[];

  constructor(
    document: PromptDocument,
    path: string,
    supplied: Readonly<Record<string, unknown>> = {},
  ) {
    this.path = path;
    this.supplied = supplied;
    this.body = document.body;
    this.references = document.references;
    this.#document = document;
    this.#entries = [...(document.frontmatter?.entries ?? [])];
    this.#positions = new Map(document.frontmatter?.positions);
  }

  get entries(): readonly FrontmatterEntry[] {
    return this.#entries;
  }

  /** The first entry under one of the names, in snake_case. */
  entry(...names: readonly string[]): FrontmatterEntry | undefined {
    return this.#entries.find(({ key }) => names.includes(snakeCase(key)));
  }

  value(...names: readonly string[]): unknown {
    return this.entry(...names)?.value;
  }

  has(...names: readonly string[]): boolean {
    return this.entry(...names) !== undefined;
  }

  remove(entry: FrontmatterEntry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Another value under the same key. */
  replace(entry: FrontmatterEntry, value: unknown): void {
    this.#entries = this.#entries.map((other) => (other === entry ? { ...entry, value } : other));
  }

  /**
   * A setting of this format in place of a value that stands elsewhere; problems of it point there.
   *
   * @param from path of that value in the frontmatter
   */
  put(key: string, value: unknown, from: Path = []): void {
    const old = pointer(from);
    const at = this.at(from) ?? { line: 1, column: 1 };
    for (const [place, position] of from.length === 0 ? [] : this.#positions) {
      const rest = place.slice(old.length);
      if (place.startsWith(old) && (rest === '' || /^[/#]/.test(rest))) {
        this.#positions.set(pointer([key]) + rest, position);
      }
    }
    this.#entries.push({ key, value, at, valueAt: at });
  }

  /** Keeps a part of a value as a setting of another tool, under its path: `model.connection`. */
  keep(path: Path, value: unknown): void {
    const key = path.join('.');
    const at = this.at(path) ?? { line: 1, column: 1 };
    for (const mark of ['', '#']) {
      const position = this.#positions.get(pointer(path) + mark);
      if (position !== undefined) {
        this.#positions.set(pointer([key]) + mark, position);
      }
    }
    this.foreign.add(key);
    this.#entries.push({ key, value, at, valueAt: at });
  }

  /** Position of a value of the frontmatter. */
  at(path: Path): Position | undefined {
    return this.#positions.get(pointer(path));
  }

  /** Position of an offset into the body as it was read. */
  bodyPosition(offset: number): Position {
    const { text, bodyStart } = this.#document;
    const before = text.slice(0, bodyStart + offset).split(/\r\n|\n|\r/);
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }

  /** @param at where it is; its line is quoted, unless it holds a secret */
  report(severity: Severity, code: string, message: string, at?: Position): void {
    if (this.problems.length >= MAX_PROBLEMS) {
      return;
    }
    const line = at === undefined ? undefined : this.#line(at.line);
    const quoted = line === undefined || code === 'literal_secret';
    this.problems.push({
      code,
      severity,
      message,
      ...(at === undefined ? {} : { at }),
      ...(quoted ? {} : { excerpt: caret(line, at?.column ?? 1) }),
    });
  }

  #line(number: number): string | undefined {
    return this.#document.text.split(/\r\n|\n|\r/)[number - 1];
  }

  /**
   * Changes parts of the body. References move with their text; one that a change touches is gone.
   *
   * @param edits in order, without overlap
   */
  edit(edits: readonly Edit[]): void {
    const pieces: string[] = [];
    const moved: Reference[] = [];
    let from = 0;
    let shift = 0;
    let next = 0;
    const end = { start: this.body.length, end: this.body.length, text: '' };
    for (const edit of [...edits, end]) {
      pieces.push(this.body.slice(from, edit.start), edit.text);
      for (; (this.references[next]?.start ?? Infinity) < edit.end; next += 1) {
        const reference = this.references[next];
        if (reference !== undefined && reference.start >= from && reference.end <= edit.start) {
          const { start, end: last } = reference;
          moved.push({ ...reference, start: start + shift, end: last + shift });
        }
      }
      shift += edit.text.length - (edit.end - edit.start);
      from = edit.end;
    }
    this.body = pieces.join('');
    this.references = moved;
  }

  /** The document in the words of this format. */
  document(): PromptDocument {
    const { frontmatter, text, bodyStart } = this.#document;
    const isUntouched = frontmatter === null && this.#entries.length === 0;
    return {
      ...this.#document,
      text: text.slice(0, bodyStart) + this.body,
      body: this.body,
      references: this.references,
      frontmatter: isUntouched
        ? null
        : {
            entries: this.#entries,
            positions: this.#positions,
            plain: frontmatter?.plain ?? new Map<string, string>(),
          },
    };
  }
}
