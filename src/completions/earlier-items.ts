import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import { readApprovalId } from './approval-item.ts';
import { approvalMarkdown, callMarkdown } from './call-markdown.ts';

/** A call of an answer before, as the caller sends it back. */
export interface EarlierCall {
  readonly call_id: string;
  readonly server_label: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  readonly extra_content?: Json;
  /** Set when it was made. */
  readonly result?: { readonly output: string; readonly is_error: boolean };
  /** Set when it had to be allowed: what was asked, see `approvalHash`. */
  readonly hash?: string;
}

/** The answer to a request for approval. */
export interface ApprovalResponse {
  readonly approval_request_id: string;
  readonly approve: boolean;
}

/** The items in `mcp` of a message; whatever is no object is none. */
export function itemsOf(message: JsonObject): readonly JsonObject[] {
  return objectsIn(message['mcp']);
}

/** The calls in a message; one that was asked for and made stands there twice and is one. */
export function callsIn(message: JsonObject): readonly EarlierCall[] {
  const calls = new Map<string, EarlierCall>();
  for (const item of itemsOf(message)) {
    const call = callOf(item);
    if (call !== null) calls.set(call.call_id, { ...calls.get(call.call_id), ...call });
  }
  return [...calls.values()];
}

/** The answers to requests for approval in a message. Anything but `true` is no. */
export function responsesIn(message: JsonObject): readonly ApprovalResponse[] {
  return itemsOf(message)
    .filter(({ type }) => type === 'mcp_approval_response')
    .map(({ approval_request_id, approve }) => ({
      approval_request_id: textOf(approval_request_id),
      approve: approve === true,
    }));
}

/**
 * What the model itself said in a message of ours: calls that were written into it for a person to
 * read are taken out again.
 */
export function wordsOf(message: JsonObject): string {
  const { content } = message;
  const parts = objectsIn(content).map((part) => textOf(part['text']));
  const text = typeof content === 'string' ? content : parts.join('');
  const written = itemsOf(message)
    .map(markdownOf)
    .filter((shown) => shown !== '');
  return written.length === 0
    ? text
    : written.reduce((rest, shown) => rest.replaceAll(shown, ''), text).trim();
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((each): each is JsonObject => isObject(each)) : [];
}

function callOf(item: JsonObject): EarlierCall | null {
  const { type, id, extra_content } = item;
  const what = {
    server_label: textOf(item['server_label']),
    name: textOf(item['name']),
    arguments: textOf(item['arguments']),
    ...(extra_content === undefined ? {} : { extra_content }),
  };
  if (type === 'mcp_call') {
    return { call_id: textOf(id).replace(/^mcp_/, ''), ...what, result: resultOf(item) };
  }
  if (type !== 'mcp_approval_request') return null;
  const asked = readApprovalId(textOf(id));
  return asked === null ? null : { ...what, ...asked };
}

function resultOf({ output, error }: JsonObject): NonNullable<EarlierCall['result']> {
  const message = isObject(error) ? textOf(error['message']) : '';
  return { output: typeof output === 'string' ? output : message, is_error: isObject(error) };
}

/** As the writer of chunks wrote it, without the blank lines that clients may cut off. */
function markdownOf(item: JsonObject): string {
  const call = callOf(item);
  if (call === null) return '';
  const { server_label, name, arguments: args, result } = call;
  const base = { id: '', server_label, name, arguments: args };
  if (result === undefined) {
    return approvalMarkdown({ type: 'mcp_approval_request', ...base }).trim();
  }
  const { output, is_error } = result;
  const error = is_error ? ({ type: 'tool_error', code: null, message: output } as const) : null;
  return callMarkdown({ type: 'mcp_call', ...base, output, error }).trim();
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
