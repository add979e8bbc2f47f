import type { Problem, Severity } from '../parse/problem.ts';
import { expandTabs, printable, textWidth } from './text-width.ts';

/** Colours a piece of text, or leaves it as it is. */
export type Paint = (
  style: 'red' | 'yellow' | 'blue' | 'green' | 'dim' | 'bold',
  text: string,
) => string;

/** Where the text that has the problem came from. */
export interface Source {
  /** A file name, or `-` for standard input. */
  readonly name: string;
  readonly text: string;
}

const COLOURS = { error: 'red', warning: 'yellow', info: 'blue' } as const satisfies Record<
  Severity,
  string
>;

/** The most columns of a source line that are drawn; the rest is `…`. */
const WINDOW = 100;

/**
 * A problem as a person reads it: `file:line:col severity code message`, then the source line
 * with a caret under the place. The caret stands right below tabs and wide characters too.
 * @see spec/cli.md
 */
export function drawProblem(problem: Problem, source: Source, paint: Paint): string {
  const { at, severity } = problem;
  const name = printable(source.name);
  const place = at === undefined ? name : `${name}:${at.line}:${at.column}`;
  const head = [
    paint('bold', place),
    paint(COLOURS[severity], severity),
    paint('dim', printable(problem.code)),
    printable(problem.message),
  ].join(' ');
  // A problem without an excerpt must not quote its line: a literal secret stands there.
  const line = problem.excerpt === undefined ? undefined : sourceLine(source.text, at?.line ?? 0);
  if (at === undefined || line === undefined) return head;
  const { shown, caret } = frame(line, at.column - 1);
  const gutter = String(at.line);
  return [
    head,
    `${paint('dim', ` ${gutter} | `)}${shown}`,
    `${paint('dim', ` ${' '.repeat(gutter.length)} | `)}${' '.repeat(caret)}${paint(COLOURS[severity], '^')}`,
  ].join('\n');
}

function sourceLine(text: string, number: number): string | undefined {
  return text.split(/\r\n|\r|\n/, number)[number - 1];
}

/** The part of a long line around an offset, and the column of the offset in it. */
function frame(line: string, offset: number): { shown: string; caret: number } {
  const before = expandTabs(printable(line.slice(0, offset)));
  const whole = expandTabs(printable(line));
  if (whole.length <= WINDOW) return { shown: whole, caret: textWidth(before) };
  const from = Math.max(0, Math.min(before.length - WINDOW / 2, whole.length - WINDOW));
  const left = from > 0 ? '…' : '';
  const right = from + WINDOW < whole.length ? '…' : '';
  return {
    shown: `${left}${whole.slice(from, from + WINDOW)}${right}`,
    caret: textWidth(`${left}${before.slice(from)}`),
  };
}
