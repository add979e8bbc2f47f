import type { ElicitAnswer, Elicitation } from '../execute/ports.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import { openBrowser } from './browser.ts';
import { formFields, type FormField } from '../run/elicitation-form.ts';
import { fieldLines, readTyped } from './form-field.ts';
import type { Keyboard } from './keyboard.ts';
import type { Terminal } from './terminal.ts';
import { oneLine, visible, visibleLine } from './text-width.ts';

/** What is done with the link of a login. */
export interface LinkManner {
  /** Open it at once, never, or when the person presses Enter. */
  readonly opens: 'now' | 'never' | 'asked';
  /** Wait for a login even when nobody seems to watch. */
  readonly waits: boolean;
}

/** The person at the terminal, if there is one: is shown links and answers questions. */
export class Person {
  readonly #terminal: Terminal;
  readonly #keyboard: Keyboard;
  readonly #manner: LinkManner;

  constructor(terminal: Terminal, keyboard: Keyboard, manner: LinkManner) {
    this.#terminal = terminal;
    this.#keyboard = keyboard;
    this.#manner = manner;
  }

  /** Whether somebody may log in while we wait. */
  get waits(): boolean {
    return this.#manner.waits || this.#terminal.readsErr;
  }

  /** Whether somebody can answer what is asked here. */
  get answers(): boolean {
    return this.#terminal.readsErr && this.#keyboard.isThere;
  }

  /** Says something that must be seen, with what strangers wrote in it made visible. */
  say(word: string, ...lines: readonly string[]): void {
    const [first = '', ...rest] = lines;
    const indent = ' '.repeat(word.length + 1);
    const head = `${this.#terminal.paintErr('yellow', word)} ${visible(first)}`;
    this.#terminal.err([head, ...rest.map((line) => `${indent}${visible(line)}`)].join('\n'));
  }

  /** Shows a link and opens it as is wanted; returns when that is done, or the signal aborts. */
  async showLink(url: string, signal: AbortSignal): Promise<void> {
    this.#terminal.err(`  ${this.#terminal.paintErr('bold', visibleLine(url, 4096))}`);
    if (this.#manner.opens === 'now') return this.#open(url);
    if (this.#manner.opens === 'never' || !this.answers) return;
    await this.#keyboard.talk(async () => {
      if (signal.aborted) return;
      this.#hint('Press Enter to open it in the browser, or open it yourself. Ctrl-C cancels.');
      const line = await this.#keyboard.line(signal).catch(() => null);
      if (line !== null) await this.#open(url);
    });
  }

  /**
   * Asks what a tool wants to know. Nobody there means no.
   * @throws the signal's reason when it aborts first
   */
  async elicit(server: string, asked: Elicitation, signal: AbortSignal): Promise<ElicitAnswer> {
    if (!this.answers) return { action: 'decline' };
    return this.#keyboard.talk(() => {
      signal.throwIfAborted();
      const message = visible(asked.message).split('\n').slice(0, 40);
      this.say('question', `${server} asks:`, ...message.map((line) => `│ ${line}`));
      return asked.mode === 'url'
        ? this.#askToOpen(asked.url ?? '', signal)
        : this.#askForm(asked, signal);
    });
  }

  /**
   * Asks for a yes; anything else is no, and so is nobody there.
   * @param lines what is asked, with nothing in it that hides
   * @throws the signal's reason when it aborts first
   */
  async confirms(word: string, lines: readonly string[], signal: AbortSignal): Promise<boolean> {
    if (!this.answers) return false;
    return this.#keyboard.talk(async () => {
      signal.throwIfAborted();
      this.say(word, ...lines);
      this.#hint('Allow it? y for yes, anything else is no. [y/N]');
      const line = await this.#keyboard.line(signal);
      return /^y(?:es)?$/i.test(line?.trim() ?? '');
    });
  }

  /** The address is a stranger's: the person sees all of it, and it is never opened by us. */
  async #askToOpen(url: string, signal: AbortSignal): Promise<ElicitAnswer> {
    this.#terminal.err(`  ${this.#terminal.paintErr('bold', visibleLine(url, 4096))}`);
    this.#hint('Open it yourself if you trust it, then press Enter. `!` declines.');
    const line = await this.#keyboard.line(signal);
    return { action: line === null || line.trim() === '!' ? 'decline' : 'accept' };
  }

  async #askForm({ schema = {} }: Elicitation, signal: AbortSignal): Promise<ElicitAnswer> {
    this.#hint('Your answers go to that server. An empty line is the default, `!` declines.');
    const content: [string, Json][] = [];
    for (const field of formFields(schema)) {
      const typed = await this.#askField(field, schema, signal);
      if (typed === null) return { action: 'decline' };
      if (typed.value !== undefined) content.push([field.name, typed.value]);
    }
    // Made this way a field called `__proto__` is a field like any other.
    return { action: 'accept', content: Object.fromEntries(content) };
  }

  /** Asks until the answer fits; null when the person declines. */
  async #askField(
    field: FormField,
    schema: JsonObject,
    signal: AbortSignal,
  ): Promise<{ readonly value: Json | undefined } | null> {
    const [title = '', ...lines] = fieldLines(field).map((line) => visible(line));
    this.#terminal.err(
      [`  ${oneLine(title, 300)}`, ...lines.map((line) => `  ${clipped(line)}`)].join('\n'),
    );
    for (;;) {
      const line = await this.#keyboard.line(signal);
      if (line === null || line.trim() === '!') return null;
      const typed = readTyped(field, schema, line);
      if ('value' in typed) return typed;
      this.#hint(typed.mistake);
    }
  }

  async #open(url: string): Promise<void> {
    if (!(await openBrowser(url)))
      this.#hint('No browser could be opened here. Open the link yourself.');
  }

  #hint(text: string): void {
    this.#terminal.err(`  ${this.#terminal.paintErr('dim', visibleLine(text, 500))}`);
  }
}

/** A line of a stranger, which could else pretend to be several. */
function clipped(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return `${indent}${oneLine(line, 500)}`;
}
