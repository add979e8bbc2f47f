import type { CallState, Step } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { codeSpan, fencedStart, words } from './fence.ts';
import { durationOf } from './figures.ts';
import {
  answerStep,
  callFacts,
  callName,
  failedAttempts,
  readableJson,
  resultText,
  usageFigures,
} from './run-words.ts';

/** Characters of one tool's arguments or result, or of what a model said before its calls. */
const LONGEST_BLOCK = 4000;

/** The steps of a run with their tool calls, or null before the first. */
export function stepsSection(view: RunView): string | null {
  if (view.steps.length === 0) return null;
  const answer = answerStep(view);
  const steps = view.steps.map((step) => stepPart(step, step === answer, view));
  return `## Steps\n\n${steps.join('\n\n')}`;
}

function stepPart(step: Step, isAnswer: boolean, view: RunView): string {
  const facts = [
    `### Step ${step.step}`,
    codeSpan(`${step.provider}/${step.model}`),
    ...(step.ended_at === null ? [] : [durationOf(step.ended_at - step.started_at)]),
    ...usageFigures(step.usage, step.cost_usd),
    ...(step.attempt === 1 ? [] : [`attempt ${step.attempt}`]),
  ];
  const said = step.text.trim() === '' || isAnswer ? [] : [block('The model said:', step.text)];
  const thought = step.reasoning.trim() === '' ? [] : [block('Reasoning:', step.reasoning)];
  const repair =
    step.repair === undefined
      ? []
      : [`Asked to correct the answer before. ${words(step.repair[0] ?? '')}`.trim()];
  const answered = isAnswer ? ['What it said is the answer below.'] : [];
  return [
    facts.join(' · '),
    ...failedAttempts(step).map(words),
    ...repair,
    ...thought,
    ...said,
    ...answered,
    ...step.calls.map((call) => callPart(call, view)),
  ].join('\n\n');
}

function callPart(state: CallState, view: RunView): string {
  const { server, arguments: args } = state.call;
  const place = server === undefined ? '' : ` of ${codeSpan(server)}`;
  const facts = words(callFacts(state, view.status));
  const result = state.result;
  return [
    `#### Tool ${codeSpan(callName(state))}${place} · ${facts}`,
    ...(args.trim() === ''
      ? []
      : [`Arguments:\n\n${fencedStart(readableJson(args), 'json', LONGEST_BLOCK)}`]),
    ...(result?.error === undefined
      ? []
      : [`${words(result.error.message)} (${codeSpan(result.error.code)})`]),
    ...(result === undefined || resultText(result) === ''
      ? []
      : [block('Result:', resultText(result))]),
    ...(result?.cut === true ? ['The result was longer than a run may hold and was cut.'] : []),
  ].join('\n\n');
}

function block(label: string, text: string): string {
  return `${label}\n\n${fencedStart(text, 'text', LONGEST_BLOCK)}`;
}
