import type { CallState, Step } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { bounded, inert, moreNote } from './bounded.ts';
import { durationOf } from './figures.ts';
import { plainText } from './markdown-html.ts';
import { Markup, markup } from './markup.ts';
import type { Shown } from './page-shown.ts';
import {
  answerStep,
  callFacts,
  callName,
  callStatus,
  failedAttempts,
  readableJson,
  resultText,
  usageFigures,
} from './run-words.ts';
import { visible } from './visible.ts';

/** Characters of one block; the page links to `.json`, which has everything. */
const LONGEST_BLOCK = 20_000;

/** The steps of a run with their tool calls; nothing before the first. */
export function stepsHtml(view: RunView, shown: Shown): Markup | null {
  if (view.steps.length === 0) return null;
  const answer = answerStep(view);
  return markup`<section data-key="steps" aria-labelledby="steps"><h2 id="steps">Steps</h2>
<ol class="steps">
${view.steps.map((step) => shown.part(`step-${step.step}`, 'li', stepHtml(step, step === answer, view)))}</ol></section>`;
}

function stepHtml(step: Step, isAnswer: boolean, view: RunView): Markup {
  const facts = [
    `${step.provider}/${step.model}`,
    ...(step.ended_at === null ? [] : [durationOf(step.ended_at - step.started_at)]),
    ...usageFigures(step.usage, step.cost_usd),
    ...(step.attempt === 1 ? [] : [`attempt ${step.attempt}`]),
  ];
  const repair = step.repair === undefined ? null : (step.repair[0] ?? '');
  const said = step.text.trim() !== '' && !isAnswer;
  return markup`<li data-key="step-${step.step}"><h3>Step ${step.step}</h3>
<p class="facts">${facts.map((fact) => markup`<span>${fact}</span> `)}</p>
${failedAttempts(step).map((failed) => markup`<p class="quiet" dir="auto">${failed}</p>`)}${repair === null ? null : markup`<p class="quiet" dir="auto">Asked to correct the answer before. ${repair}</p>`}${
    step.reasoning.trim() === ''
      ? null
      : markup`<details data-key="reasoning"><summary>Reasoning</summary>${blockHtml(inert(step.reasoning))}</details>
`
  }${said ? saidHtml(step.text) : null}${isAnswer ? markup`<p class="quiet">What it said is the answer above.</p>` : null}${step.calls.map((call, index) => callHtml(call, index, view))}</li>
`;
}

function callHtml(state: CallState, index: number, view: RunView): Markup {
  const { server, arguments: args } = state.call;
  const { result } = state;
  const text = result === undefined ? '' : resultText(result);
  return markup`<details data-key="call-${index}" class="call ${callStatus(state)}">
<summary><code dir="ltr">${visible(callName(state))}</code> ${server === undefined ? null : markup`<span>of <bdi>${visible(server)}</bdi></span> `}<span class="state">· ${callFacts(state, view.status)}</span></summary>
${args.trim() === '' ? null : markup`<h4>Arguments</h4>${blockHtml(visible(readableJson(args)))}`}
${result?.error === undefined ? null : markup`<p class="fault" dir="auto">${result.error.message} <code>${result.error.code}</code></p>`}
${text === '' ? null : markup`<h4>Result</h4>${blockHtml(inert(text))}`}
${result?.cut === true ? markup`<p class="quiet">The result was longer than a run may hold and was cut.</p>` : null}
</details>
`;
}

/** What the model said before it called tools, as it is. */
function saidHtml(text: string): Markup {
  const { text: start, more } = bounded(inert(text).trim(), LONGEST_BLOCK);
  return markup`<p class="said" dir="auto">${start}</p>${more === 0 ? null : markup`<p class="quiet">${moreNote(more)}</p>`}`;
}

/** What a tool or a model said, as it is: never read as Markdown, never unbounded. */
function blockHtml(text: string): Markup {
  const { text: start, more } = bounded(text, LONGEST_BLOCK);
  return markup`${plainText(start)}${more === 0 ? null : markup`<p class="quiet">${moreNote(more)}</p>`}`;
}
