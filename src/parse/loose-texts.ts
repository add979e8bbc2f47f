import { Composer, Parser } from 'yaml';

/** A line of a settings block whose value other tools read as text, without YAML's rules. */
export interface LooseText {
  readonly key: string;
  readonly value: string;
  /** Offset of the value in the block. */
  readonly offset: number;
}

/** Keys that hold text, with what must stand beside them to show whose file it is. */
const BESIDE: Readonly<Record<string, RegExp>> = {
  description: /^(?:color|permissionMode|model:[ \t]*(?:sonnet|opus|haiku|inherit)[ \t]*$)/m,
  'argument-hint': /^(?:allowed-tools|description|disable-model-invocation)[ \t]*:/m,
  globs: /^alwaysApply[ \t]*:/m,
  applyTo: /^description[ \t]*:/m,
};
const LINE = /^(description|argument-hint|globs|applyTo)([ \t]*:[ \t]+)([^\s"'|>][^\r\n]*)/gm;

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
  for (const { 0: line, 1: key = '', 2: colon = '', 3: value = '', index } of block.matchAll(
    LINE,
  )) {
    const end = index + line.length;
    const isContinued = /^\r?\n[ \t]/.test(block.slice(end, end + 3));
    if (!isContinued && BESIDE[key]?.test(block) === true && !isYaml(value)) {
      const offset = index + key.length + colon.length;
      loose.push({ key, value: value.trim(), offset });
      text = text.slice(0, offset) + 'x'.repeat(value.length) + text.slice(end);
    }
  }
  return { text, loose };
}

/** Whether a value may stand behind a key as it is. */
function isYaml(value: string): boolean {
  const tokens = new Parser().parse(`k: ${value}\n`);
  const options = { version: '1.2', strict: true, logLevel: 'silent' } as const;
  const documents = [...new Composer(options).compose(tokens)];
  return !/^[*&]/.test(value) && documents.every(({ errors }) => errors.length === 0);
}
