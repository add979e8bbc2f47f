/** A regular expression as it stands in a source file. */
export interface RegexLiteral {
  readonly source: string;
  readonly flags: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What is no expression but may hold a slash: comments and strings without placeholders. */
const SKIPPED = /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const LITERAL = /\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/y;
/** Behind these a slash divides; a word that is no keyword is a value. */
const VALUE = /(?:[\w$)\]}'"`])$/;
const KEYWORD = /\b(?:return|case|typeof|in|of|void|await|yield)$/;

/** The text of a template to its end or to its next placeholder. */
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{)/y;

/** The literals of a TypeScript file, in order; those inside `${…}` of a template too. */
export function regexLiterals(code: string): readonly RegexLiteral[] {
  return new Scanner(code).read();
}

class Scanner {
  readonly #code: string;
  readonly #found: RegexLiteral[] = [];
  /** For each open `${` the braces that are open inside it. */
  readonly #templates: number[] = [];
  #at = 0;
  /** The end of what was read, to tell a division from a literal. */
  #before = '';

  constructor(code: string) {
    this.#code = code;
  }

  read(): readonly RegexLiteral[] {
    while (this.#at < this.#code.length) {
      if (!this.#skip() && !this.#literal() && !this.#template()) this.#character();
    }
    return this.#found;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#code);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #skip(): boolean {
    const found = this.#take(SKIPPED);
    if (found !== null && !found[0].startsWith('/')) this.#before = '"';
    return found !== null;
  }

  #literal(): boolean {
    const isValue = VALUE.test(this.#before.trimEnd()) && !KEYWORD.test(this.#before.trimEnd());
    const found = isValue ? null : this.#take(LITERAL);
    if (found === null) return false;
    const line = this.#code.slice(0, found.index).split('\n').length;
    this.#found.push({ source: found[1] ?? '', flags: found[2] ?? '', line });
    this.#before = ')';
    return true;
  }

  #template(): boolean {
    const character = this.#code.charAt(this.#at);
    const goesOn = character === '}' && this.#templates.at(-1) === 0;
    if (character !== '`' && !goesOn) return false;
    if (goesOn) this.#templates.pop();
    this.#at += 1;
    const isOpen = this.#take(TEMPLATE)?.[1] === '${';
    if (isOpen) this.#templates.push(0);
    this.#before = isOpen ? '{' : '`';
    return true;
  }

  #character(): void {
    const character = this.#code.charAt(this.#at);
    this.#at += 1;
    const last = this.#templates.length - 1;
    const step = character === '{' ? 1 : character === '}' ? -1 : 0;
    if (last >= 0) this.#templates[last] = (this.#templates[last] ?? 0) + step;
    this.#before = (this.#before + (/\s/.test(character) ? ' ' : character)).slice(-20);
    if (/ {2}$/.test(this.#before)) this.#before = this.#before.trimEnd();
  }
}
