/** The variables that `each` sets for every item. */
export type LoopName = 'index' | 'key' | 'first' | 'last';

/** Where a value is looked up: `a.b`, `../a`, `this.a`, `@index`, `@root.a`. */
export interface TemplatePath {
  /** `scope` is what surrounds the tag: the item of `each`, the map of `with`, else all variables. */
  readonly from: 'scope' | 'root' | LoopName;
  /** How many `../` stand before it. */
  readonly up: number;
  readonly steps: readonly string[];
  /** Whether it is a plain name, which may be an undeclared variable; `this.a` is none. */
  readonly plain: boolean;
}

const STEP = /^[\p{L}\p{N}_-]+$/u;
const NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;
/** More steps than a settings block or an input can be deep. */
const MAX_STEPS = 32;

/**
 * Reads a path of the template language; null when the text is none.
 * @see spec/prompt-format.md TPL
 */
export function readPath(written: string): TemplatePath | null {
  if (written.startsWith('@')) {
    return readVariable(written.slice(1));
  }
  let up = 0;
  let rest = written;
  while (rest.startsWith('../')) {
    rest = rest.slice(3);
    up += 1;
  }
  if (rest === '..') {
    return { from: 'scope', up: up + 1, steps: [], plain: false };
  }
  const named = rest.replace(/^(?:\.\/|this[./])/, '');
  if (named === 'this' || named === '.') {
    return { from: 'scope', up, steps: [], plain: false };
  }
  const steps = readSteps(named);
  return steps === null ? null : { from: 'scope', up, steps, plain: named === written };
}

/** What stands behind an `@`. */
function readVariable(name: string): TemplatePath | null {
  switch (name) {
    case 'index':
    case 'key':
    case 'first':
    case 'last':
      return { from: name, up: 0, steps: [], plain: false };
    case 'root':
      return { from: 'root', up: 0, steps: [], plain: false };
    default: {
      const steps = name.startsWith('root.') ? readSteps(name.slice(5)) : null;
      return steps === null ? null : { from: 'root', up: 0, steps, plain: false };
    }
  }
}

/** `a.b.0` and `a.b.[0]`. */
function readSteps(written: string): readonly string[] | null {
  const steps = written.split('.').map((step) => step.replace(/^\[([^[\]]+)\]$/, '$1'));
  const isPath =
    steps.length <= MAX_STEPS &&
    NAME.test(steps[0] ?? '') &&
    steps.every((step) => STEP.test(step));
  return isPath ? steps : null;
}
