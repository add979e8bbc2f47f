/** What a calculation came to, or why it could not be done. */
export type Calculation = { readonly value: number } | { readonly error: string };

const MAX_LENGTH = 500;
const MAX_DEPTH = 32;
const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)|([a-z]+)|([-+*/%^(),]))/y;

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  min: Math.min,
  max: Math.max,
  sqrt: Math.sqrt,
  round: Math.round,
};

const BINARY: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

class CalculationError extends Error {}

/**
 * The value of an arithmetic expression: `+ - * / % ^`, parentheses, `min max sqrt round`.
 * A text of its own grammar, read by its own reader: nothing of it is ever run as code.
 */
export function calculate(expression: string): Calculation {
  try {
    if (expression.length > MAX_LENGTH) {
      throw new CalculationError(`The expression is longer than ${MAX_LENGTH} characters.`);
    }
    const value = new Reader(tokens(expression)).whole();
    if (Number.isFinite(value)) return { value };
    return { error: 'The result is not a finite number.' };
  } catch (error) {
    if (error instanceof CalculationError) return { error: error.message };
    throw error;
  }
}

function tokens(expression: string): string[] {
  const found: string[] = [];
  const text = expression.trimEnd();
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new CalculationError(`Character ${at + 1} cannot be read.`);
    found.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return found;
}

/**
 * Reads by precedence, lowest first:
 *
 *     sum     := product (('+' | '-') product)*
 *     product := sign (('*' | '/' | '%') sign)*
 *     sign    := ('-' | '+')* power
 *     power   := atom ('^' sign)?           2^3^2 = 2^(3^2), -2^2 = -(2^2)
 *     atom    := number | '(' sum ')' | name '(' sum (',' sum)* ')'
 */
class Reader {
  readonly #tokens: readonly string[];
  #next = 0;
  #depth = 0;

  constructor(list: readonly string[]) {
    this.#tokens = list;
  }

  whole(): number {
    const value = this.#sum();
    if (this.#peek() === undefined) return value;
    throw new CalculationError(`Did not expect ${this.#shown()}.`);
  }

  #sum(): number {
    return this.#chain(['+', '-'], () => this.#product());
  }

  #product(): number {
    return this.#chain(['*', '/', '%'], () => this.#sign());
  }

  #chain(operators: readonly string[], operand: () => number): number {
    let value = operand();
    for (;;) {
      const operator = this.#peek() ?? '';
      const apply = operators.includes(operator) ? BINARY[operator] : undefined;
      if (apply === undefined) return value;
      this.#next += 1;
      value = apply(value, operand());
    }
  }

  #sign(): number {
    let negative = false;
    while (this.#peek() === '-' || this.#peek() === '+') {
      if (this.#peek() === '-') negative = !negative;
      this.#next += 1;
    }
    const value = this.#power();
    return negative ? -value : value;
  }

  #power(): number {
    const base = this.#atom();
    if (!this.#take('^')) return base;
    return base ** this.#nested(() => this.#sign());
  }

  #atom(): number {
    const token = this.#peek();
    if (token === undefined) throw new CalculationError('The expression ends too early.');
    if (/^\d/.test(token)) {
      this.#next += 1;
      return Number(token);
    }
    if (this.#take('(')) {
      const value = this.#nested(() => this.#sum());
      this.#expect(')');
      return value;
    }
    return this.#call(token);
  }

  #call(name: string): number {
    const apply = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (apply === undefined) throw new CalculationError(`Did not expect ${this.#shown()}.`);
    this.#next += 1;
    this.#expect('(');
    const values = [this.#nested(() => this.#sum())];
    while (this.#take(',')) values.push(this.#nested(() => this.#sum()));
    this.#expect(')');
    if (apply.length === 1 && values.length > 1) {
      throw new CalculationError(`${name} takes one value.`);
    }
    return apply(...values);
  }

  /** Every way down passes here, so an input cannot drive the recursion further. */
  #nested(read: () => number): number {
    if (this.#depth >= MAX_DEPTH) {
      throw new CalculationError(`The expression is nested deeper than ${MAX_DEPTH} levels.`);
    }
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#next += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) {
      throw new CalculationError(`Expected "${token}" and found ${this.#shown()}.`);
    }
  }

  #shown(): string {
    const token = this.#peek();
    return token === undefined ? 'the end' : `"${token.slice(0, 20)}"`;
  }
}
