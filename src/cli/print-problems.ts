import type { Problem } from '../parse/problem.ts';
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
