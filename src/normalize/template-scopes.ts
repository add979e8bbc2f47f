import type { LoopName, TemplatePath } from './template-path.ts';
import type { ValueSource } from './template-program.ts';
import type { Argument } from './template-tag.ts';

const NOTHING: ValueSource = { kind: 'literal', value: null };

/**
 * What names mean at a place of a template: which blocks around it bring a value of their own, and
 * which variables there are at all.
 */
export class TemplateScopes {
  /** Names that are not declared, each with the offset of its first tag. */
  readonly undeclared = new Map<string, number>();
  /** Names of all variables that the template looks at. */
  readonly used = new Set<string>();
  readonly #names: ReadonlySet<string>;
  #usesAll = false;
  readonly #around: ('each' | 'with')[] = [];

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  enter(block: 'each' | 'with'): void {
    this.#around.push(block);
  }

  leave(): void {
    this.#around.pop();
  }

  isDeclared(name: string): boolean {
    return this.#names.has(name);
  }

  /** Where a path leads, or null when it names a variable that is not declared. */
  find({ from, up, steps }: TemplatePath): ValueSource | null {
    const scope = this.#around.length - 1 - up;
    switch (from) {
      case 'root':
        return this.#ofRoot(steps);
      case 'scope':
        return scope < 0 ? this.#ofRoot(steps) : { kind: 'scope', scope, steps };
      default:
        return this.#ofLoop(from);
    }
  }

  /** An argument of a block or a helper; an undeclared name is nothing there. */
  source(argument: Argument | undefined, at: number): ValueSource {
    if (argument === undefined) {
      return NOTHING;
    }
    if (argument.kind === 'literal') {
      return argument;
    }
    const found = this.find(argument.path);
    if (found === null) {
      this.addUndeclared(argument.written, at);
    }
    return found ?? NOTHING;
  }

  addUndeclared(name: string, at: number): void {
    if (!this.undeclared.has(name)) {
      this.undeclared.set(name, at);
    }
  }

  #ofRoot(steps: readonly string[]): ValueSource | null {
    const [name] = steps;
    if (name !== undefined && !this.#names.has(name)) {
      return null;
    }
    if (name !== undefined) {
      this.used.add(name);
    } else if (!this.#usesAll) {
      // `{{this}}` is all variables; a template has many tags, so once is enough.
      this.#usesAll = true;
      this.#names.forEach((each) => this.used.add(each));
    }
    return { kind: 'root', steps };
  }

  #ofLoop(name: LoopName): ValueSource | null {
    const scope = this.#around.lastIndexOf('each');
    return scope === -1 ? null : { kind: 'loop', scope, name };
  }
}
