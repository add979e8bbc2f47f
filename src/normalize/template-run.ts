import type { Json, JsonObject } from '../protocol/json.ts';
import { isTruthy, lookUp, shown } from './template-values.ts';
import type {
  Instruction,
  PromptRole,
  TemplateProgram,
  TemplateTest,
  ValueSource,
} from './template-program.ts';

/** Characters that the templates of one prompt give together. */
const MAX_OUTPUT = 1024 * 1024;
/** Instructions that the templates of one prompt run together: loops in loops end. */
const MAX_STEPS = 1_000_000;

/** Characters that a message is, apart from its text: a loop can open one for every letter. */
const MESSAGE = 30;

/** Takes what a template says, part by part. */
export interface TemplateWriter {
  text(text: string): void;
  /**
   * @param type media type, where the template names one
   * @returns characters that it adds to what is said
   */
  media(url: string, type: string): number;
  /** What follows is said by this role. */
  role(role: PromptRole): void;
  /** What follows is said by this role, until `leaveRole`. */
  enterRole(role: PromptRole): void;
  leaveRole(): void;
}

/** What is left of the bounds; one for all templates of a prompt. */
export class TemplateBudget {
  #output = MAX_OUTPUT;
  #steps = MAX_STEPS;

  /** Counts characters and steps; false when there is no room for them. */
  spend(output: number, steps: number): boolean {
    this.#output -= output;
    this.#steps -= steps;
    return this.#output >= 0 && this.#steps >= 0;
  }
}

/**
 * Runs a template. Values go to the writer as they are and are never read as a template.
 *
 * @returns false when the budget was spent before the end
 * @see spec/prompt-format.md TPL
 */
export function runTemplate(
  program: TemplateProgram,
  values: JsonObject,
  budget: TemplateBudget,
  writer: TemplateWriter,
): boolean {
  return new TemplateRun(program.instructions, values, budget, writer).run();
}

type RoleChange = Extract<Instruction, { do: 'role' | 'enter-role' | 'leave-role' }>;
type Move = Extract<Instruction, { do: 'test' | 'jump' | 'each' | 'with' | 'next' }>;

/** A block that brings a value: the items of `each`, or the one value of `with`. */
interface Scope {
  readonly items: readonly Json[];
  /** Names of the items, when they are the fields of a map. */
  readonly keys: readonly string[] | null;
  index: number;
}

class TemplateRun {
  readonly #instructions: readonly Instruction[];
  readonly #values: JsonObject;
  readonly #budget: TemplateBudget;
  readonly #writer: TemplateWriter;
  readonly #scopes: Scope[] = [];
  #next = 0;

  constructor(
    instructions: readonly Instruction[],
    values: JsonObject,
    budget: TemplateBudget,
    writer: TemplateWriter,
  ) {
    this.#instructions = instructions;
    this.#values = values;
    this.#budget = budget;
    this.#writer = writer;
  }

  run(): boolean {
    for (;;) {
      const instruction = this.#instructions[this.#next];
      if (instruction === undefined) {
        return true;
      }
      this.#next += 1;
      if (!this.#budget.spend(0, 1) || !this.#do(instruction)) {
        return false;
      }
    }
  }

  #do(instruction: Instruction): boolean {
    switch (instruction.do) {
      case 'text':
        return this.#say(instruction.text);
      case 'show':
        return this.#say(shown(this.#valueOf(instruction.value)));
      case 'json': {
        const value = this.#valueOf(instruction.value);
        return this.#say(
          value === undefined ? '' : JSON.stringify(value, null, instruction.indent),
        );
      }
      case 'media':
        return this.#show(instruction);
      default:
        return this.#speak(instruction);
    }
  }

  #speak(instruction: RoleChange | Move): boolean {
    switch (instruction.do) {
      case 'role':
        this.#writer.role(instruction.role);
        return this.#budget.spend(MESSAGE, 0);
      case 'enter-role':
        this.#writer.enterRole(instruction.role);
        return this.#budget.spend(MESSAGE, 0);
      case 'leave-role':
        this.#writer.leaveRole();
        return this.#budget.spend(MESSAGE, 0);
      default:
        return this.#go(instruction);
    }
  }

  #go(instruction: Move): boolean {
    switch (instruction.do) {
      case 'jump':
        this.#next = instruction.to;
        return true;
      case 'next':
        this.#goOn(instruction.body);
        return true;
      case 'test': {
        const holds = this.#holds(instruction.test);
        if (holds !== instruction.wanted) {
          this.#next = instruction.otherwise;
        }
        return holds !== null;
      }
      case 'each':
      case 'with': {
        const scope = scopeOf(instruction.do, this.#valueOf(instruction.of));
        if (scope === null) {
          this.#next = instruction.otherwise;
        } else {
          this.#scopes.push(scope);
        }
        return true;
      }
    }
  }

  #goOn(body: number): void {
    const scope = this.#scopes.at(-1);
    if (scope !== undefined && scope.index + 1 < scope.items.length) {
      scope.index += 1;
      this.#next = body;
    } else {
      this.#scopes.pop();
    }
  }

  #say(text: string): boolean {
    this.#writer.text(text);
    return this.#budget.spend(text.length, 0);
  }

  #show({ url, type }: Extract<Instruction, { do: 'media' }>): boolean {
    const address = shown(this.#valueOf(url));
    if (address === '') {
      return true;
    }
    const kind = shown(this.#valueOf(type));
    // A map is written out to be read as an address or a type, whatever then becomes of it.
    const read = address.length + kind.length;
    return this.#budget.spend(Math.max(read, this.#writer.media(address, kind)), 0);
  }

  /** Null when there is no budget left to find out. */
  #holds(test: TemplateTest): boolean | null {
    const value = this.#valueOf(test.of);
    if (test.kind === 'truthy') {
      return isTruthy(value) || (test.zero && value === 0);
    }
    const other = this.#valueOf(test.other);
    // Long texts take time to compare, and a loop could do nothing else.
    const work = typeof value === 'string' && typeof other === 'string' ? value.length / 64 : 0;
    return this.#budget.spend(0, work) ? (value ?? null) === (other ?? null) : null;
  }

  #valueOf(source: ValueSource): Json | undefined {
    switch (source.kind) {
      case 'literal':
        return source.value;
      case 'root':
        return lookUp(this.#values, source.steps);
      case 'scope': {
        const scope = this.#scopes[source.scope];
        return lookUp(scope?.items[scope.index], source.steps);
      }
      case 'loop':
        return loopValue(this.#scopes[source.scope], source.name);
    }
  }
}

function scopeOf(block: 'each' | 'with', value: Json | undefined): Scope | null {
  if (value === undefined || !isTruthy(value)) {
    return null;
  }
  if (block === 'with') {
    return { items: [value], keys: null, index: 0 };
  }
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  if (Array.isArray(value)) {
    return { items: value, keys: null, index: 0 };
  }
  const fields = Object.entries(value);
  const keys = fields.map(([key]) => key);
  const items = fields.map(([, item]) => item ?? null);
  return keys.length === 0 ? null : { items, keys, index: 0 };
}

function loopValue(scope: Scope | undefined, name: 'index' | 'key' | 'first' | 'last'): Json {
  if (scope === undefined) {
    return null;
  }
  switch (name) {
    case 'index':
      return scope.index;
    case 'key':
      return scope.keys?.[scope.index] ?? scope.index;
    case 'first':
      return scope.index === 0;
    case 'last':
      return scope.index === scope.items.length - 1;
  }
}
