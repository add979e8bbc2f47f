import type { ModelChoice } from '../normalize/request.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { EventBody, ToolCall } from '../run/event.ts';
import { approvalId } from './approval-item.ts';
import type { ChatRefusal } from './chat-fields.ts';
import { callsIn, responsesIn, wordsOf, type EarlierCall } from './earlier-items.ts';

/** A step of an answer before, which ended because the caller had to allow its calls. */
export interface EarlierStep {
  /** What the model said before its calls. */
  readonly text: string;
  readonly calls: readonly AnsweredCall[];
}

interface AnsweredCall extends EarlierCall {
  /** What the caller said; absent where nothing was asked. */
  readonly approve?: boolean;
}

/** A conversation, with what goes on from approvals apart. */
export interface Earlier {
  /** As they came, without the answers that became steps. */
  readonly messages: readonly JsonObject[];
  readonly steps: readonly EarlierStep[];
}

/**
 * Takes up what the caller allowed or denied: the assistant's answers with their requests, and what
 * the caller said to them, are all there is; nothing of it was kept here.
 * @see spec/completions.md CC-14
 */
export function readEarlier(messages: readonly JsonObject[]): Earlier | ChatRefusal {
  const { before, answers, carrier } = lastTurn(messages);
  const decisions = decisionsIn([...answers, ...carrier]);
  const steps = stepsOf(answers, decisions);
  const asked = new Set(steps.flatMap(({ calls }) => calls.map(approvalId)));
  const stray = [...decisions.keys()].find((id) => !asked.has(id));
  if (stray !== undefined) {
    return refusal(`The last answer holds no mcp_approval_request ${stray.slice(0, 200)}.`);
  }
  const open = steps.flatMap(({ calls }) => calls.filter(({ result }) => result === undefined));
  if (open.length === 0) return { messages, steps: [] };
  const isLast = open.every((call) => steps.at(-1)?.calls.includes(call));
  if (!isLast || open.some(({ approve }) => approve === undefined)) {
    return refusal('Answer every mcp_approval_request of the last answer, each in its own turn.');
  }
  const first = answers.findIndex(asks);
  return { messages: [...before, ...answers.slice(0, first), ...carrier], steps };
}

/**
 * The events of steps that were taken in an answer before, so that a run goes on from there.
 * @param model who took them
 * @param wireName the name that the model knows a tool by
 */
export function earlierEvents(
  steps: readonly EarlierStep[],
  model: ModelChoice,
  wireName: (label: string, tool: string) => string,
): readonly EventBody[] {
  return steps.flatMap(({ text, calls }, index): EventBody[] => {
    const step = index + 1;
    const made = calls.map((call) => toolCall(call, step, wireName));
    return [
      { type: 'step-start', step, attempt: 1, provider: model.provider, model: model.model },
      ...(text === '' ? [] : [{ type: 'text-delta', step, text } as const]),
      ...made,
      {
        type: 'step-end',
        step,
        finish_reason: 'tool_calls',
        tool_calls: made.map(({ call_id, wire_name, arguments: args }, place) => ({
          id: call_id,
          type: 'function',
          function: { name: wire_name, arguments: args },
          ...(calls[place]?.extra_content === undefined
            ? {}
            : { extra_content: calls[place].extra_content }),
        })),
      },
      ...calls.flatMap(outcomeOf),
    ];
  });
}

function toolCall(
  { call_id, server_label, name, arguments: args }: EarlierCall,
  step: number,
  wireName: (label: string, tool: string) => string,
): ToolCall {
  return {
    type: 'tool-call',
    step,
    call_id,
    wire_name: wireName(server_label, name),
    server: server_label,
    tool: name,
    arguments: args,
  };
}

function outcomeOf(call: AnsweredCall): EventBody[] {
  const { call_id, result, hash, approve, server_label, name, arguments: args } = call;
  if (result !== undefined) {
    const { output, is_error } = result;
    const parts = [{ type: 'text', text: output } as const];
    return [{ type: 'tool-result', call_id, is_error, parts, ms: 0 }];
  }
  if (hash === undefined) return [];
  const action_id = approvalId(call);
  const place = { server: server_label, tool: name, call_id };
  return [
    {
      type: 'action-required',
      action_id,
      action: { kind: 'approval', ...place, arguments: args, hash },
      expires_at: Number.MAX_SAFE_INTEGER,
    },
    { type: 'action-resolved', action_id, outcome: approve === true ? 'done' : 'declined' },
  ];
}

/** What a conversation ends with: the assistant's answers, and a message that only answers them. */
function lastTurn(messages: readonly JsonObject[]) {
  const last = messages.at(-1);
  const isCarrier =
    last !== undefined && last['role'] !== 'assistant' && responsesIn(last).length > 0;
  const end = isCarrier ? messages.length - 1 : messages.length;
  const start = messages.slice(0, end).findLastIndex(({ role }) => role !== 'assistant') + 1;
  return {
    before: messages.slice(0, start),
    answers: messages.slice(start, end),
    carrier: messages.slice(end),
  };
}

/** Who says both yes and no has not said yes. */
function decisionsIn(messages: readonly JsonObject[]): ReadonlyMap<string, boolean> {
  const said = new Map<string, boolean>();
  for (const { approval_request_id: id, approve } of messages.flatMap(responsesIn)) {
    said.set(id, approve && said.get(id) !== false);
  }
  return said;
}

/** The answers that asked, as steps; a later answer holds what came of the calls of one before. */
function stepsOf(
  answers: readonly JsonObject[],
  decisions: ReadonlyMap<string, boolean>,
): readonly EarlierStep[] {
  const asking = answers.filter(asks);
  const first = answers.findIndex(asks);
  const later = answers.slice(Math.max(first, 0)).flatMap(callsIn);
  const seen = new Set<string>();
  return asking.map((message) => {
    const own = callsIn(message).filter(({ call_id }) => !seen.has(call_id));
    for (const { call_id } of own) seen.add(call_id);
    const calls = own.map((call): AnsweredCall => {
      const result = later.find((other) => isResultOf(other, call))?.result;
      const approve = decisions.get(approvalId(call));
      return {
        ...call,
        ...(result === undefined ? {} : { result }),
        ...(approve === undefined ? {} : { approve }),
      };
    });
    return { text: wordsOf(message), calls };
  });
}

function isResultOf({ call_id, result }: EarlierCall, call: EarlierCall): boolean {
  return result !== undefined && call_id === call.call_id;
}

function asks(message: JsonObject): boolean {
  return callsIn(message).some(({ hash }) => hash !== undefined);
}

function refusal(message: string): ChatRefusal {
  return { message, param: 'messages' };
}
