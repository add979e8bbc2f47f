import type { ContentPart, Usage } from '../protocol/chat.ts';
import type { ServerEnd, ToolResult } from '../run/event.ts';
import type { CallState, RunStatus, Step } from '../run/run.ts';
import { isTerminal } from '../run/run.ts';
import type { ReferenceView, RunView, ServerView, Viewer } from '../run/view.ts';
import { bytesOf, counted, dollarsOf, durationOf } from './figures.ts';

/** A status for a person; `viewer` where it is known who reads it. */
export function statusWords(status: RunStatus, viewer: Viewer = 'public'): string {
  switch (status) {
    case 'queued':
      return 'Waiting to start';
    case 'running':
      return 'Running';
    case 'requires_action':
      return viewer === 'owner' ? 'Waiting for you' : 'Waiting for its owner';
    case 'completed':
      return 'Completed';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    case 'expired':
      return 'Expired';
  }
}

/** What stands where the prompt would, for a reader who may not see it. */
export const UNPUBLISHED: Readonly<Record<RunView['publication'], string>> = {
  full: '',
  answer: 'Only the answer and the names of the tools of this run are published.',
  undecided: 'What is published of this run is decided when its tool servers are connected.',
};

/** What stands where the answer would, while there is none. */
export function noAnswer(status: RunStatus, viewer: Viewer = 'public'): string {
  switch (status) {
    case 'queued':
      return 'The run is about to start.';
    case 'running':
      return 'No answer yet: the run is working.';
    case 'requires_action':
      if (viewer === 'owner') return 'No answer yet: the run waits for you.';
      return 'No answer yet: the run waits for its owner to log in, to allow a call or to answer something.';
    case 'completed':
      return 'The model ended without saying anything.';
    case 'failed':
      return 'The run failed before there was an answer.';
    case 'cancelled':
      return 'The run was cancelled before there was an answer.';
    case 'expired':
      return 'The run waited too long and expired before there was an answer.';
  }
}

/** What a reader of an answer must know about its end, or null. */
export function answerNote(view: RunView): string | null {
  if (view.answer === '') return null;
  if (view.status === 'failed')
    return 'The run failed; this is what the model had said until then.';
  if (view.status === 'cancelled' || view.status === 'expired') {
    return `The run ${view.status === 'expired' ? 'expired' : 'was cancelled'}; this is what the model had said until then.`;
  }
  if (!isTerminal(view.status)) return 'The run still goes on; this is the answer so far.';
  if (view.stop_reason === 'length') return 'The answer was cut off: the model may write no more.';
  if (view.stop_reason === 'content_filter')
    return "The provider's content filter ended the answer.";
  return null;
}

/** Model, duration, tokens and cost, as far as they are known. */
export function runFigures(view: RunView): string[] {
  const model = modelOf(view);
  return [
    ...(model === null ? [] : [model]),
    ...(view.started_at === null || view.ended_at === null
      ? []
      : [durationOf(view.ended_at - view.started_at)]),
    ...usageFigures(view.usage, view.cost_usd),
  ];
}

/** Tokens and what they cost, as far as that is known; an estimate is called one. */
export function usageFigures(usage: Usage | null, cost_usd: number | null): string[] {
  if (usage === null || usage.total_tokens === 0) return [];
  const about = usage.estimated === true ? 'about ' : '';
  return [
    `${about}${counted(usage.total_tokens, 'token')}`,
    ...(cost_usd === null ? [] : [`${about}${dollarsOf(cost_usd)}`]),
  ];
}

/** `provider/model` of the last step, else the one that will be asked first. */
export function modelOf(view: RunView): string | null {
  const used = view.steps.at(-1) ?? view.request?.models[0];
  return used === undefined ? null : `${used.provider}/${used.model}`;
}

/** `openai/gpt-5-mini did not answer: …`, for each attempt before the one that counts. */
export function failedAttempts({ failed }: Step): string[] {
  return failed.map(({ provider, model, error }) => {
    const why = error === null ? 'The run was interrupted.' : error.message;
    return `${provider}/${model} gave no answer: ${why}`;
  });
}

/** The step whose text is the answer. */
export function answerStep(view: RunView): Step | undefined {
  return view.steps.findLast((step) => step.text.trim() !== '');
}

/** `2 of 3 references read`. */
export function referenceCount(references: readonly ReferenceView[]): string {
  const read = references.filter(({ end }) => end?.ok === true).length;
  return `${read} of ${counted(references.length, 'reference')} read`;
}

/** `2 of 3 references read; https://x.example/y: 404`. */
export function referenceSummary(references: readonly ReferenceView[]): string {
  const failed = references
    .filter(({ end }) => end?.ok === false)
    .map(({ url, end }) => `${url}: ${end?.status ?? end?.error?.code ?? 'failed'}`);
  return [referenceCount(references), ...failed].join('; ');
}

/** What is known of one reference: status, type, size, why it failed. */
export function referenceFacts({ end }: ReferenceView): string {
  if (end === undefined) return 'not read yet';
  return [
    end.ok ? 'read' : 'failed',
    ...(end.status === undefined ? [] : [`status ${end.status}`]),
    ...(end.media_type === undefined ? [] : [end.media_type]),
    ...(end.bytes === undefined ? [] : [bytesOf(end.bytes)]),
    ...(end.tokens === undefined ? [] : [counted(end.tokens, 'token')]),
    ...(end.cut === true ? ['cut at a limit'] : []),
    ...(end.error === undefined ? [] : [end.error.message]),
  ].join(', ');
}

export type ServerStatus = 'connecting' | 'connected' | 'document' | 'failed';

/** What became of a tool server. */
export function serverStatus({ end }: ServerView): ServerStatus {
  if (end === undefined) return 'connecting';
  if (end.is_document === true) return 'document';
  return end.ok ? 'connected' : 'failed';
}

/** What is known of one tool server: tools, protocol, time, why it failed. */
export function serverFacts(server: ServerView, runStatus: RunStatus): string {
  const { end } = server;
  const status = serverStatus(server);
  if (end === undefined) return isTerminal(runStatus) ? 'not connected' : 'not connected yet';
  return [
    status === 'document' ? 'is a document, read as a reference' : status,
    ...(status === 'connected' ? [counted(end.tools?.length ?? 0, 'tool')] : []),
    ...leftOutFact(end),
    ...(end.protocol_version === undefined ? [] : [`MCP ${end.protocol_version}`]),
    durationOf(end.ms),
    ...(end.error === undefined ? [] : [end.error.message]),
  ].join(', ');
}

export type CallStatus = 'planned' | 'running' | 'done' | 'failed';

/** Where a tool call stands. */
export function callStatus({ sent, result }: CallState): CallStatus {
  if (result !== undefined) return result.is_error ? 'failed' : 'done';
  return sent ? 'running' : 'planned';
}

/** State and time of a tool call. A call without a result in a run that ended never got one. */
export function callFacts(call: CallState, runStatus: RunStatus): string {
  const status = callStatus(call);
  if (call.result !== undefined) return `${status}, ${durationOf(call.result.ms)}`;
  if (isTerminal(runStatus)) return 'no result';
  const message = call.progress?.message;
  return message === undefined ? status : `${status}: ${message}`;
}

/** The tool that a call names: its own name, or what the model made up. */
export function callName({ call }: CallState): string {
  return call.tool ?? call.wire_name;
}

/** What a tool answered, as text. */
export function resultText(result: ToolResult): string {
  const text = result.parts.map(partText).join('\n');
  if (text !== '' || result.structured === undefined) return text;
  return JSON.stringify(result.structured, null, 2);
}

/** JSON text set out for reading; anything else stays as the model wrote it. */
export function readableJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** An image's bytes are not shown, nor loaded: its address would tell a stranger who reads. */
function partText(part: ContentPart): string {
  if (part.type === 'text') return part.text;
  const { url } = part.image_url;
  if (!url.startsWith('data:')) return `[image: ${url}]`;
  return `[image: ${url.slice(5, 40).split(/[;,]/)[0] ?? ''}, ${bytesOf(url.length)}]`;
}

/** How many tools cannot be used, and why the first cannot. */
function leftOutFact({ left_out: leftOut = [] }: ServerEnd): string[] {
  const [first] = leftOut;
  return first === undefined ? [] : [`${counted(leftOut.length, 'tool')} left out: ${first.why}`];
}
