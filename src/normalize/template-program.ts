import type { Json } from '../protocol/json.ts';
import type { LoopName } from './template-path.ts';

/** Who says a part of a prompt. */
export type PromptRole = 'system' | 'user' | 'assistant';

/**
 * Where a value comes from, decided once: `scope` is the index of a block around the tag that brings
 * a value of its own, outermost first.
 */
export type ValueSource =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'root'; readonly steps: readonly string[] }
  | { readonly kind: 'scope'; readonly scope: number; readonly steps: readonly string[] }
  | { readonly kind: 'loop'; readonly scope: number; readonly name: LoopName };

/** What a block asks before it goes on. */
export type TemplateTest =
  | { readonly kind: 'truthy'; readonly of: ValueSource; readonly zero: boolean }
  | { readonly kind: 'equal'; readonly of: ValueSource; readonly other: ValueSource };

/**
 * One step of a template that was read. A template is a flat list of them with jumps in it, so that
 * running it needs no recursion. Jumps count instructions; `at` is an offset in the template.
 */
export type Instruction =
  | { readonly do: 'text'; readonly text: string }
  | { readonly do: 'show'; readonly value: ValueSource }
  | { readonly do: 'json'; readonly value: ValueSource; readonly indent: number }
  | { readonly do: 'media'; readonly url: ValueSource; readonly type: ValueSource }
  | { readonly do: 'role'; readonly role: PromptRole }
  | { readonly do: 'enter-role'; readonly role: PromptRole }
  | { readonly do: 'leave-role' }
  | {
      readonly do: 'test';
      readonly test: TemplateTest;
      readonly wanted: boolean;
      otherwise: number;
    }
  | { readonly do: 'jump'; to: number }
  | { readonly do: 'each' | 'with'; readonly of: ValueSource; otherwise: number }
  /** The end of a body of `each` or `with`: back to its start for the next item, or on. */
  | { readonly do: 'next'; readonly body: number };

/** A mistake in a template. */
export interface TemplateMistake {
  readonly code: 'invalid_template' | 'template_too_large';
  readonly message: string;
  /** Offset in the template. */
  readonly at: number;
}

/** A template ready to be run. */
export interface TemplateProgram {
  readonly instructions: readonly Instruction[];
  /** Errors; the program cannot be run when there are any. */
  readonly mistakes: readonly TemplateMistake[];
  /** Names that are not declared, as they are written, with the offset of the first of each. */
  readonly undeclared: ReadonlyMap<string, number>;
  /** Names of all variables that it looks at. */
  readonly used: ReadonlySet<string>;
  /** Tags that are not understood and left as they are. */
  readonly unknown: ReadonlyMap<string, number>;
}
