import { Composer, Parser } from 'yaml';

/** A value of a settings block other tools read as text, without YAML's rules. */
export interface LooseText {
  readonly key: string;
  readonly value: string;
  /** Offset of the value in the block. */
  readonly offset: number;
}

/** What only files of agents have: their functions, their words for a model. */
const AGENT =
  /^(?:color|permissionMode|user-invocable|disable-model-invocation|argument-hint)[ \t]*:|^model[ \t]*:[ \t]*(?:sonnet|opus|haiku|inherit)[ \t]*$|^(?:allowed-)?tools[ \t]*:[ \t]*\[?["']?(?:Bash|Edit|Glob|Grep|Read|Task|WebFetch|WebSearch|Write)\b/m;
/** Keys that hold text, with what must stand beside them to show whose file it is. */
const BESIDE: Readonly<Record<string, RegExp>> = {
  description: AGENT,
  'argument-hint': /^(?:allowed-tools|description|disable-model-invocation)[ \t]*:/m,
  globs: /^(?:alwaysApply|trigger)[ \t]*:/m,
  applyTo: /^description[ \t]*:/m,
};
const LINE = /^(description|argument-hint|globs|applyTo)([ \t]*:[ \t]+)([^\s"'|>][^\r\n]*)/gm;
/**
 * Where the description of an agent ends that goes on over lines of its own: at a key of such a file,
 * and at settings here that keep a run in bounds, which must not be lost in a text.
 */
const NEXT_KEY =
  /^(?:(?:require|allowed|disallowed|max|mcp)[-_A-Z][\w-]{1,40}|mcp|on[-_]auth|publish|store|strict|ttl|urls|name|description|tools|model|color|permissionMode|skills|hooks|memory|background|isolation|effort|argument-hint)[ \t]*:/gm;

/**
 * Finds the texts of a block that are no YAML and never were meant to be: agents and editors read
 * `description: Ask me: now`, `argument-hint: [branch] [title]` and `globs: *.ts` as plain text. So
 * do the few lines here, in blocks that show whose they are; all else keeps YAML's rules.
 *
 * @returns the block with those values masked at the same length, so that places stay right
 * @see spec/prompt-format.md FM-12
 */
export function maskLooseTexts(block: string): { text: string; loose: readonly LooseText[] } {
  const loose: LooseText[] = [];
  let text = block;
  let taken = 0;
  for (const { 0: line, 1: key = '', 2: colon = '', index } of block.matchAll(LINE)) {
    const offset = index + key.length + colon.length;
    const end = BESIDE[key]?.test(block) === true ? endOfText(block, key, index + line.length) : 0;
    const value = block.slice(offset, end).trimEnd();
    if (index >= taken && value !== '' && !isYaml(value)) {
      taken = offset + value.length;
      loose.push({ key, value, offset });
      text = text.slice(0, offset) + 'x'.repeat(value.length) + text.slice(taken);
    }
  }
  return { text, loose };
}

/**
 * Offset behind the value that begins on a line. Descriptions of agents go on without indentation,
 * with examples in them, up to the next key that such a file has.
 *
 * @returns 0 where the next line is a part of the value by YAML's own rules
 */
function endOfText(block: string, key: string, lineEnd: number): number {
  if (/^\r?\n[ \t]+\S/.test(block.slice(lineEnd, lineEnd + 200))) {
    return 0;
  }
  if (key !== 'description') {
    return lineEnd;
  }
  const next = new RegExp(NEXT_KEY);
  next.lastIndex = lineEnd;
  const found = next.exec(block)?.index ?? block.length;
  const between = block.slice(lineEnd, found);
  // Lines that are keys, of whatever tool, are settings; one that is none makes all of them text.
  return /^(?![\w$.-]+[ \t]*:|[ \t#\-\]}]|\r?$)/m.test(between) ? found : lineEnd;
}

/** Whether a value may stand behind a key as it is. */
function isYaml(value: string): boolean {
  const tokens = new Parser().parse(`k: ${value}\n`);
  const options = { version: '1.2', strict: true, logLevel: 'silent' } as const;
  const documents = [...new Composer(options).compose(tokens)];
  return (
    !/^(?:[*&]|\[(?:[^\]]*,)?[ \t]*[*&])/.test(value) &&
    documents.every(({ errors }) => errors.length === 0)
  );
}
