import { FAULTS } from '../fault/fault.ts';
import type { Problem } from '../parse/problem.ts';
import { problemJson } from '../publish/render-json.ts';
import { drawProblem, type Source } from './draw-problem.ts';
import type { Terminal } from './terminal.ts';

/** Problems on standard error. What only explains takes one line and no picture. */
export function printProblems(
  problems: readonly Problem[],
  source: Source,
  terminal: Terminal,
): void {
  for (const problem of problems) {
    const drawn = drawProblem(problem, source, terminal.paintErr);
    terminal.err(problem.severity === 'info' ? (drawn.split('\n', 1)[0] ?? '') : drawn);
  }
}

/** A prompt that was not run, in the form in which a server refuses it (spec/http-api.md). */
export function refusalJson(problems: readonly Problem[]): string {
  const { text: message } = FAULTS.invalid_prompt;
  const error = { code: 'invalid_prompt', message, problems: problems.map(problemJson) };
  return JSON.stringify({ error }, null, 2);
}
