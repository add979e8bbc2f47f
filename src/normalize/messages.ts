import type { PromptDocument } from '../parse/document.ts';
import { hasError } from '../parse/problem.ts';
import { Source } from '../parse/source.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { promptText, serverLines } from './body.ts';
import type { Settings } from './given.ts';
import type { Input } from './input.ts';
import { messagesOf, MessageWriter, type SaidPart } from './message-writer.ts';
import { compileTemplate, namesIn } from './template-compile.ts';
import type { TemplateProgram } from './template-program.ts';
import { runTemplate, TemplateBudget } from './template-run.ts';

/** What messages are made of. */
export interface MessageParts {
  readonly document: PromptDocument;
  readonly input: Input;
  /** The setting `system`; empty when there is none. */
  readonly system: string;
  /** Whether tags mean something in this document. */
  readonly isTemplate: boolean;
}

/**
 * The messages of a prompt: the system message, then the body, parted by roles where it is a
 * template that opens some.
 *
 * Reports `invalid_template`, `template_too_large`, `empty_prompt`; warns with
 * `undeclared_variable`, `template_helper`, `unused_input`, `media_not_sent`, `no_user_message`.
 * @see spec/prompt-format.md MSG and TPL
 */
export function buildMessages(settings: Settings, parts: MessageParts): readonly ChatMessage[] {
  return parts.isTemplate ? renderedMessages(settings, parts) : plainMessages(settings, parts);
}

/** Families whose tools know no tags, so that `{{name}}` is what their files mean to say. */
const TAGLESS = /^(?:agents|claude|cursor|gemini|gh-aw|kiro|opencode|vscode|windsurf)$/;

function plainMessages(settings: Settings, parts: MessageParts): readonly ChatMessage[] {
  const { document, system } = parts;
  if (!TAGLESS.test(settings.placeholders.family ?? '')) {
    const tags = new TagReport(settings, document);
    tags.add('undeclared', namesIn(system), null);
    tags.add('undeclared', namesIn(document.body), document.bodyStart);
    tags.report();
  }
  const [before, body] = [new MessageWriter('system'), new MessageWriter('user')];
  before.text(system);
  body.text(promptText(document));
  return joined(settings, document, before.finish(), body.finish());
}

function renderedMessages(settings: Settings, parts: MessageParts): readonly ChatMessage[] {
  const { document, input, system } = parts;
  const { names } = input;
  const cuts = serverLines(document);
  const programs = [
    { program: compileTemplate(system, { names }), offset: null },
    { program: compileTemplate(document.body, { names, cuts }), offset: document.bodyStart },
  ];
  const tags = new TagReport(settings, document);
  for (const { program, offset } of programs) {
    reportMistakes(settings, document, program, offset);
    if (input.isReadable) {
      tags.add('undeclared', program.undeclared, offset);
    }
    tags.add('unknown', program.unknown, offset);
  }
  tags.report();
  const isUsed = (name: string): boolean => programs.some(({ program }) => program.used.has(name));
  reportUnused(settings, input, isUsed);
  if (programs.some(({ program }) => program.mistakes.length > 0)) {
    return [];
  }
  const budget = new TemplateBudget();
  const writers = [new MessageWriter('system'), new MessageWriter('user')] as const;
  for (const [index, { program }] of programs.entries()) {
    const writer = writers[index] ?? writers[1];
    if (!runTemplate(program, input.values, budget, writer)) {
      const message =
        'The template gives more than 1 MB of text, or takes more than a million steps.';
      settings.report('error', 'template_too_large', message);
      return [];
    }
  }
  reportNotes(
    settings,
    writers.flatMap(({ notes }) => notes),
  );
  return joined(settings, document, writers[0].finish(), writers[1].finish());
}

function joined(
  settings: Settings,
  document: PromptDocument,
  system: readonly SaidPart[],
  body: readonly SaidPart[],
): readonly ChatMessage[] {
  // A prompt that is empty only because values are missing has that problem already.
  if (body.length === 0 && (promptText(document) === '' || !hasError(settings.problems))) {
    settings.report('error', 'empty_prompt', emptyMessage(document));
  }
  return messagesOf([...system, ...withUser(settings, body)]);
}

/** Nobody adds a message to a prompt here, and most models answer nothing but a user. */
function withUser(settings: Settings, said: readonly SaidPart[]): readonly SaidPart[] {
  const last = said.at(-1);
  if (last === undefined || said.some(({ role }) => role === 'user')) {
    return said;
  }
  const message = 'No part of the prompt is said by the user, so its last part is sent as such.';
  settings.report('warning', 'no_user_message', message);
  return [...said.slice(0, -1), { ...last, role: 'user' }];
}

function emptyMessage(document: PromptDocument): string {
  if (document.references.length > 0) {
    return 'The prompt names tool servers, but does not say what to do.';
  }
  return document.frontmatter === null
    ? 'The prompt is empty. Write what the model is asked.'
    : 'The document has settings, but no prompt under them.';
}

/** @param offset of the template in the document; null for the setting `system` */
function reportMistakes(
  settings: Settings,
  document: PromptDocument,
  program: TemplateProgram,
  offset: number | null,
): void {
  const source = offset === null ? null : new Source(document.text);
  for (const { code, message, at } of program.mistakes) {
    if (source === null) {
      const place = settings.given('system')[0]?.place;
      const where = place === undefined ? undefined : settings.position(place);
      settings.report('error', code, `system: ${message}.`, where);
    } else {
      settings.problems.push(source.problem(code, 'error', `${message}.`, (offset ?? 0) + at));
    }
  }
}

/** A mistyped name would otherwise leave a default in force without a word. */
function reportUnused(settings: Settings, input: Input, isUsed: (name: string) => boolean): void {
  const has = input.declared.slice(0, 10).join(', ');
  for (const name of new Set(input.unexpected)) {
    if (!isUsed(name)) {
      const message = `The prompt does not use the input ${name.slice(0, 100)}. Its inputs: ${has}.`;
      settings.report('warning', 'unused_input', message);
    }
  }
}

function reportNotes(settings: Settings, notes: readonly string[]): void {
  const [first] = notes;
  if (first !== undefined) {
    const more = notes.length === 1 ? '' : ` and ${notes.length - 1} more`;
    const message = `Only images are sent, and only in what the user says: ${first}${more}.`;
    settings.report('warning', 'media_not_sent', message);
  }
}

const WORDS = {
  undeclared: {
    code: 'undeclared_variable',
    text: 'Neither declared under input nor given, so left as written, and nothing in a block',
  },
  unknown: { code: 'template_helper', text: 'Tags that are not known here, so left as they are' },
} as const;

/** Tags that stay as they are: of each kind all together are one warning, at the first place. */
class TagReport {
  readonly #settings: Settings;
  readonly #document: PromptDocument;
  readonly #found = {
    undeclared: new Map<string, number | null>(),
    unknown: new Map<string, number | null>(),
  };

  constructor(settings: Settings, document: PromptDocument) {
    this.#settings = settings;
    this.#document = document;
  }

  /** @param offset of the template in the document; null for the setting `system` */
  add(kind: keyof typeof WORDS, tags: ReadonlyMap<string, number>, offset: number | null): void {
    const found = this.#found[kind];
    for (const [written, at] of tags) {
      if (!found.has(written)) {
        found.set(written, offset === null ? null : offset + at);
      }
    }
  }

  report(): void {
    for (const kind of ['undeclared', 'unknown'] as const) {
      const found = this.#found[kind];
      if (found.size > 0) {
        const { code, text } = WORDS[kind];
        this.#warn(code, `${text}: ${listed([...found.keys()])}.`, [...found.values()]);
      }
    }
  }

  #warn(code: string, message: string, offsets: readonly (number | null)[]): void {
    const first = offsets.find((offset) => offset !== null);
    if (first === undefined || first === null) {
      this.#settings.report('warning', code, message);
    } else {
      const problem = new Source(this.#document.text).problem(code, 'warning', message, first);
      this.#settings.problems.push(problem);
    }
  }
}

function listed(tags: readonly string[]): string {
  const shown = tags.slice(0, 10).map((written) => {
    const tag = written.startsWith('{{') ? written : `{{${written}}}`;
    return tag.length > 60 ? `${tag.slice(0, 60)}…` : tag;
  });
  const more = tags.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
