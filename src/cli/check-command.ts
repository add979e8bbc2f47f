import { Fault } from '../fault/fault.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type { NormalizeContext } from '../normalize/request.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import type { Problem, Severity } from '../parse/problem.ts';
import { counted } from '../publish/figures.ts';
import { problemJson } from '../publish/render-json.ts';
import { drawProblem, type Source } from './draw-problem.ts';
import type { Arguments } from './options.ts';
import { promptFiles } from './prompt-files.ts';
import { fileText, promptSource } from './prompt-source.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Which models and providers there are depends on the machine that runs the prompt. */
const OF_THE_MACHINE = new Set(['unknown_model', 'unknown_provider']);
/** What is said of values that only a run has. */
const OF_A_RUN = new Set(['missing_input', 'no_arguments']);

interface Checked {
  readonly source: Source;
  readonly problems: readonly Problem[];
}

/** `mdops check`: every problem of every prompt. Exit code 2 when one is an error. */
export async function main(given: Arguments, terminal: Terminal): Promise<number> {
  const checked = await checkAll(given.positionals, given.has('strict'));
  if (given.has('json')) {
    terminal.outLine(JSON.stringify(checked.flatMap(asJson), null, 2));
  } else {
    report(checked, terminal);
  }
  return checked.some(({ problems }) => problems.some(isError)) ? 2 : 0;
}

async function checkAll(paths: readonly string[], strict: boolean): Promise<readonly Checked[]> {
  if (paths.length === 0) throw new UsageError('Name the files or folders to check.');
  if (paths.length === 1 && paths[0] === '-') {
    return [checkedText(await promptSource(paths), strict)];
  }
  const checked: Checked[] = [];
  // One after the other: the order of the report is the order of the files, and memory is bounded.
  for (const file of await promptFiles(paths)) checked.push(await checkedFile(file, strict));
  return checked;
}

/** A file that cannot be read as text is a problem of that file and not the end of the check. */
async function checkedFile(name: string, strict: boolean): Promise<Checked> {
  try {
    return checkedText({ name, text: await fileText(name) }, strict);
  } catch (error) {
    if (!(error instanceof Fault) && !(error instanceof UsageError)) throw error;
    const code = error instanceof Fault ? error.code : 'unreadable';
    const problem: Problem = { code, severity: 'error', message: error.message };
    return { source: { name, text: '' }, problems: [problem] };
  }
}

function checkedText(source: Source, strict: boolean): Checked {
  const document = parsePrompt(source.text, { path: source.name });
  const { problems: all } = normalizePrompt(document, anyModel(source.name));
  const problems = withoutInputs(all.filter(({ code }) => !OF_THE_MACHINE.has(code)));
  return { source, problems: strict ? problems.map(stricter) : problems };
}

/** Values of the inputs come with a run; without them a prompt that is one input is empty, too. */
function withoutInputs(problems: readonly Problem[]): readonly Problem[] {
  if (!problems.some(({ code }) => OF_A_RUN.has(code))) return problems;
  return problems.filter(({ code }) => !OF_A_RUN.has(code) && code !== 'empty_prompt');
}

/** A server that knows no model by name; what it calls its default stands in messages. */
function anyModel(path: string): NormalizeContext {
  return { providers: [{ id: 'any', defaultModel: 'of the server' }], path };
}

function stricter(problem: Problem): Problem {
  return problem.severity === 'warning' ? { ...problem, severity: 'error' } : problem;
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

function report(checked: readonly Checked[], terminal: Terminal): void {
  for (const { source, problems } of checked) {
    for (const problem of problems) {
      terminal.outLine(drawProblem(problem, source, terminal.paintOut));
    }
  }
  terminal.outLine(summary(checked, terminal));
}

function summary(checked: readonly Checked[], terminal: Terminal): string {
  const all = checked.flatMap(({ problems }) => problems);
  const count = (wanted: Severity): number =>
    all.filter(({ severity }) => severity === wanted).length;
  const files = `${counted(checked.length, 'file')} checked`;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors + warnings === 0) return terminal.paintOut('green', `${files}, no problems`);
  const text = `${files}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
  return terminal.paintOut(errors > 0 ? 'red' : 'yellow', text);
}

function asJson({ source, problems }: Checked): object[] {
  return problems.map((problem) => ({ file: source.name, ...problemJson(problem) }));
}
