/** How much a problem matters: an error stops the run, a warning does not, info only explains. */
export type Severity = 'error' | 'warning' | 'info';

/** A place in the source text; line and column count from 1, the column in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Something about the text of a prompt that its author should know.
 * Problems are values, never thrown: the command line draws a caret, the Worker answers 422 with
 * the list, an editor underlines.
 */
export interface Problem {
  /** Stable, `snake_case`; listed in `spec/prompt-format.md`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence; names the fix where there is one. */
  readonly message: string;
  /** Where in the source it is; absent when it is about a request parameter or the whole. */
  readonly at?: Position;
  /** The source line with a caret under the place, two lines, when there is a place. */
  readonly excerpt?: string;
}

/** Whether any of the problems stops the run. */
export function hasError(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}
