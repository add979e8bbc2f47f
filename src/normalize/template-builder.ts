import type { Range } from '../parse/ranges.ts';
import type { Instruction, TemplateMistake, TemplateProgram } from './template-program.ts';
import { TemplateScopes } from './template-scopes.ts';

/** Mistakes that are kept; their author reads the first few. */
const MAX_MISTAKES = 10;

/** What a template is read with. */
export interface TemplateOptions {
  /** Variables that are declared or supplied. */
  readonly names: ReadonlySet<string>;
  /** Parts of the text that are left out, sorted; none of them is inside a tag. */
  readonly cuts?: readonly Range[];
}

/** A program while its template is read. */
export class TemplateBuilder {
  readonly scopes: TemplateScopes;
  readonly #text: string;
  readonly #cuts: readonly Range[];
  readonly #instructions: Instruction[] = [];
  readonly #mistakes: TemplateMistake[] = [];
  readonly #unknown = new Map<string, number>();
  /** Index of the first cut that may touch the text that comes. */
  #cut = 0;

  constructor(text: string, { names, cuts = [] }: TemplateOptions) {
    this.scopes = new TemplateScopes(names);
    this.#text = text;
    this.#cuts = cuts;
  }

  /** Index of the next instruction. */
  get next(): number {
    return this.#instructions.length;
  }

  emit(instruction: Instruction): void {
    this.#instructions.push(instruction);
  }

  /** Text of the template without what is cut out of it. */
  emitText({ start, end }: Range): void {
    let from = start;
    let cut = this.#cuts[this.#cut];
    while (cut !== undefined && cut.start < end) {
      this.#emitSlice(from, cut.start);
      from = Math.max(from, cut.end);
      if (cut.end > end) {
        return;
      }
      this.#cut += 1;
      cut = this.#cuts[this.#cut];
    }
    this.#emitSlice(from, end);
  }

  /** A tag that is not understood stays as it is. */
  emitUnknown(range: Range): void {
    const written = this.#text.slice(range.start, range.end);
    if (!this.#unknown.has(written)) {
      this.#unknown.set(written, range.start);
    }
    this.#emitSlice(range.start, range.end);
  }

  /** A variable that is not declared stays as it is. */
  emitUndeclared(name: string, range: Range): void {
    this.scopes.addUndeclared(name, range.start);
    this.#emitSlice(range.start, range.end);
  }

  /** Whether reading on would only find more mistakes. */
  get isBroken(): boolean {
    const last = this.#mistakes.at(-1);
    return this.#mistakes.length >= MAX_MISTAKES || last?.code === 'template_too_large';
  }

  mistake(message: string, at: number, code: TemplateMistake['code'] = 'invalid_template'): void {
    if (!this.isBroken) {
      this.#mistakes.push({ code, message, at });
    }
  }

  finish(): TemplateProgram {
    return {
      instructions: this.#instructions,
      mistakes: this.#mistakes,
      undeclared: this.scopes.undeclared,
      used: this.scopes.used,
      unknown: this.#unknown,
    };
  }

  #emitSlice(start: number, end: number): void {
    if (start < end) {
      this.#instructions.push({ do: 'text', text: this.#text.slice(start, end) });
    }
  }
}
