import type { OutputSpec } from '../normalize/request.ts';
import type { Json } from '../protocol/json.ts';
import { answerFiles, pathIn, type AnswerFile } from './answer-files.ts';
import { findJson } from './answer-json.ts';
import { fencedBlocks, type FencedBlock } from './fenced-blocks.ts';
import type { Run } from './run.ts';

/**
 * What the model said in its last step that said anything. What it says before calling tools
 * belongs to those steps.
 */
function answerText(run: Pick<Run, 'steps'>): string {
  return run.steps.findLast((step) => step.text.trim() !== '')?.text ?? '';
}

/** What the prompt asked for of the answer of a run, as text. */
export function outputOf(run: Answered): string {
  return readAnswer(run).output;
}

type Answered = Pick<Run, 'steps' | 'request' | 'status'>;

/** What an answer gives. */
export interface Answer {
  /** All that the model said. */
  readonly text: string;
  /** The part of it that the prompt asked for; the same where it asked for no part. */
  readonly output: string;
  /** The value of the output where JSON was asked for and came. */
  readonly json?: Json;
  readonly files: readonly AnswerFile[];
}

/**
 * The answer of a run, and what its prompt takes from it once the run is completed: one fenced
 * block with `extract`, the JSON alone with a schema or the format `json`. Where the answer does
 * not hold that, the output is the whole answer.
 * @see spec/prompt-format.md OUT
 */
export function readAnswer(run: Answered): Answer {
  const text = answerText(run);
  const blocks = fencedBlocks(text);
  const files = answerFiles(blocks);
  const whole = { text, output: text, files };
  if (run.status !== 'completed') return whole;
  const block = extracted(blocks, run.request.output);
  const output = block?.text ?? text;
  if (!wantsJson(run.request.output)) return { ...whole, output };
  const found = findJson(output, block === undefined ? blocks : []);
  return found === null
    ? { ...whole, output }
    : { ...whole, output: found.text, json: found.value };
}

/** Whether what is printed of a run must wait for its end: only then is it known. */
export function outputComesLast({ output, servers }: Run['request']): boolean {
  return servers.length > 0 || takenBlock(output) !== undefined || wantsJson(output);
}

/** Whether the output is read as JSON. */
export function wantsJson({ format, schema }: OutputSpec): boolean {
  return format === 'json' || schema !== undefined;
}

function extracted(blocks: readonly FencedBlock[], spec: OutputSpec): FencedBlock | undefined {
  const wanted = takenBlock(spec);
  if (wanted === undefined) return undefined;
  if (wanted === 'first') return blocks[0];
  if (wanted === 'last') return blocks.at(-1);
  const path = pathIn(`path="${wanted}"`);
  return blocks.findLast(({ info }) => path !== null && pathIn(info) === path);
}

/** Who asks for code wants no words around it. */
function takenBlock({ extract, format }: OutputSpec): string | undefined {
  return extract ?? (format === 'code' ? 'last' : undefined);
}
