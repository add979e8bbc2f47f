import type { TemplateBuilder } from './template-builder.ts';
import type { TemplateTest } from './template-program.ts';
import { readRole } from './template-role.ts';
import type { TemplateTag } from './template-tag.ts';

/** Blocks inside blocks. */
const MAX_DEPTH = 32;

interface OpenBlock {
  readonly name: string;
  readonly at: number;
  /** Its first branch begins at this instruction. */
  readonly body: number;
  /** The instruction that says where the next branch begins. */
  branch: { otherwise: number } | null;
  /** Whether a plain `{{else}}` was read, behind which no other can come. */
  isLast: boolean;
  /** The ends of branches, which jump behind the block. */
  readonly exits: { to: number }[];
}

/** The blocks of a template while it is read: `if unless ifEquals unlessEquals each with role`. */
export class TemplateBlocks {
  readonly #builder: TemplateBuilder;
  readonly #open: OpenBlock[] = [];

  constructor(builder: TemplateBuilder) {
    this.#builder = builder;
  }

  /** `{{#name …}}` */
  open(tag: TemplateTag, at: number): void {
    const builder = this.#builder;
    if (this.#open.length === MAX_DEPTH) {
      const message = `Blocks are nested more than ${MAX_DEPTH} levels deep here`;
      builder.mistake(message, at, 'template_too_large');
      return;
    }
    const branch = this.#begin(tag, at);
    const { name } = tag;
    this.#open.push({ name, at, body: builder.next, branch, isLast: name === 'role', exits: [] });
  }

  /** `{{else}}` and `{{else if …}}` */
  else(tag: TemplateTag, at: number): void {
    const builder = this.#builder;
    const block = this.#open.at(-1);
    if (block === undefined || block.isLast) {
      builder.mistake('This {{else}} belongs to no block', at);
      return;
    }
    this.#endBranch(block);
    const exit = { do: 'jump' as const, to: 0 };
    builder.emit(exit);
    block.exits.push(exit);
    this.#patch(block);
    if (tag.name === '') {
      block.isLast = true;
      return;
    }
    const test = this.#testOf(tag, at);
    if (test === null) {
      builder.mistake(`{{else ${tag.name}}} is not known here; {{else if …}} is`, at);
      return;
    }
    const branch = { do: 'test' as const, ...test, otherwise: 0 };
    builder.emit(branch);
    block.branch = branch;
  }

  /** `{{/name}}` */
  close({ name }: TemplateTag, at: number): void {
    const builder = this.#builder;
    const block = this.#open.at(-1);
    if (block === undefined) {
      builder.mistake(`{{/${name}}} closes a block that was never opened`, at);
      return;
    }
    if (block.name !== name) {
      builder.mistake(`{{/${name}}} stands where {{/${block.name}}} is wanted`, at);
      // One slip gives one problem where the right end follows.
      if (!this.#open.some((open) => open.name === name)) {
        return;
      }
    }
    this.#open.pop();
    this.#endBranch(block);
    if (name === 'role') {
      builder.emit({ do: 'leave-role' });
    }
    this.#patch(block);
    for (const exit of block.exits) {
      exit.to = builder.next;
    }
  }

  finish(): void {
    for (const { name, at } of this.#open) {
      this.#builder.mistake(`{{#${name}}} opens a block that no {{/${name}}} closes`, at);
    }
  }

  #begin(tag: TemplateTag, at: number): OpenBlock['branch'] {
    const builder = this.#builder;
    const test = this.#testOf(tag, at);
    if (test !== null) {
      const branch = { do: 'test' as const, ...test, otherwise: 0 };
      builder.emit(branch);
      return branch;
    }
    switch (tag.name) {
      case 'each':
      case 'with': {
        this.#wantArguments(tag, 1, at);
        const of = builder.scopes.source(tag.args[0], at);
        const branch = { do: tag.name, of, otherwise: 0 };
        builder.emit(branch);
        builder.scopes.enter(tag.name);
        return branch;
      }
      case 'role': {
        const role = readRole(tag);
        if (typeof role === 'object') {
          builder.mistake(role.wrong, at);
          return null;
        }
        builder.emit({ do: 'enter-role', role });
        return null;
      }
      default:
        builder.mistake(
          `There is no block {{#${tag.name}}}. For the text itself write \\{{#${tag.name}}}`,
          at,
        );
        return null;
    }
  }

  #testOf(tag: TemplateTag, at: number): { test: TemplateTest; wanted: boolean } | null {
    const { scopes } = this.#builder;
    const [first, second] = tag.args;
    switch (tag.name) {
      case 'if':
      case 'unless': {
        this.#wantArguments(tag, 1, at);
        const zero = tag.named.get('includeZero');
        const isZero = zero?.kind === 'literal' && zero.value === true;
        const test = { kind: 'truthy' as const, of: scopes.source(first, at), zero: isZero };
        return { test, wanted: tag.name === 'if' };
      }
      case 'ifEquals':
      case 'unlessEquals': {
        this.#wantArguments(tag, 2, at);
        const [of, other] = [scopes.source(first, at), scopes.source(second, at)];
        return { test: { kind: 'equal', of, other }, wanted: tag.name === 'ifEquals' };
      }
      default:
        return null;
    }
  }

  #wantArguments({ name, args, unread }: TemplateTag, count: number, at: number): void {
    if (unread === true) {
      const message = `{{#${name}}} compares and computes nothing; it takes names and values`;
      this.#builder.mistake(message, at);
    } else if (args.length !== count) {
      const wanted = count === 1 ? 'one value' : 'two values';
      this.#builder.mistake(`{{#${name}}} takes ${wanted}, but has ${args.length}`, at);
    }
  }

  /** The body of `each` and `with` goes back to its start; what follows is outside of it. */
  #endBranch(block: OpenBlock): void {
    const isLoop = block.name === 'each' || block.name === 'with';
    if (isLoop && block.exits.length === 0) {
      this.#builder.emit({ do: 'next', body: block.body });
      this.#builder.scopes.leave();
    }
  }

  #patch(block: OpenBlock): void {
    if (block.branch !== null) {
      block.branch.otherwise = this.#builder.next;
      block.branch = null;
    }
  }
}
