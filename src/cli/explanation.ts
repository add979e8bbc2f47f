import type {
  ApprovalPolicy,
  CompletionRequest,
  Limits,
  ModelChoice,
  RequestReference,
  ToolFilter,
  ToolServer,
} from '../normalize/request.ts';
import { whyServer } from '../normalize/explain.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { filterOf } from '../run/tool-filter.ts';
import type { Paint } from './draw-problem.ts';
import { printable } from './text-width.ts';

type Row = readonly string[];

/**
 * A normalized request as a person reads it: every part with what was decided about it and why.
 * @param estimate name of a figure → its value
 */
export function explanation(
  request: CompletionRequest,
  estimate: Readonly<Record<string, unknown>>,
  paint: Paint,
): string {
  const section = (title: string, rows: readonly Row[]): string[] =>
    rows.length === 0 ? [] : ['', paint('bold', title), ...table(rows)];
  const lines = [
    paint('bold', 'Model'),
    ...table(request.models.map(modelRow)),
    ...section('Parameters', Object.entries(request.parameters).map(keyAndValue)),
    ...section('Input', Object.entries(request.input).map(keyAndValue)),
    ...request.messages.flatMap((message) => messageLines(message, paint)),
    ...section('Tool servers', request.servers.map(serverRow)),
    ...section('References', request.references.map(referenceRow)),
    ...section('Limits', limitRows(request.limits)),
    ...section('Settings', settingRows(request.sources)),
    ...section('Estimate', estimateRows(estimate)),
    ...section('Kept for other tools', Object.entries(request.ext).map(keyAndValue)),
  ];
  return lines.join('\n');
}

function modelRow({ provider, model }: ModelChoice, index: number): Row {
  return [`${index === 0 ? '' : 'else '}${provider}/${model}`];
}

function messageLines({ role, content }: ChatMessage, paint: Paint): string[] {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const body = printable(text).trim().split('\n');
  return ['', paint('bold', `Message: ${role}`), ...body.map((line) => `  ${line}`.trimEnd())];
}

function serverRow({ label, url, type, from, line, ...server }: ToolServer): Row {
  const tools = toolWords(server.allowed_tools === undefined ? {} : filterOf(server.allowed_tools));
  const place = line === undefined ? from : `${from}, line ${line}`;
  return [
    label,
    url,
    type,
    place,
    tools,
    `approval: ${approval(server.require_approval)}`,
    whyServer({ label, url, type, from, ...server }),
  ];
}

function approval(policy: ApprovalPolicy): string {
  if (typeof policy === 'string') return policy;
  const part = (word: 'always' | 'never'): string[] => {
    const filter = policy[word];
    return filter === undefined ? [] : [`${word} ${toolWords(filter)}`];
  };
  const rest = policy.never === undefined ? [] : ['always for all others'];
  return [...part('always'), ...part('never'), ...rest].join('; ') || 'never';
}

function toolWords({ tool_names: names, read_only }: ToolFilter): string {
  const which = names === undefined ? 'all tools' : names.join(', ') || 'no tools';
  if (read_only === undefined) return which;
  return `${which} that ${read_only ? 'say' : 'do not say'} they only read`;
}

function referenceRow({ url, as, why, line, section }: RequestReference): Row {
  const address = section === undefined ? url : `${url}#${section}`;
  return [address, as, line === undefined ? '' : `line ${line}`, why];
}

function limitRows(limits: Limits): Row[] {
  return [
    ['max_steps', limit(limits.max_steps)],
    ['max_tool_calls', limit(limits.max_tool_calls)],
    ['max_total_tokens', limit(limits.max_total_tokens)],
    ['max_cost', limit(limits.max_cost, ' USD')],
    ['timeout', limit(limits.timeout, ' s')],
  ];
}

/** Settings that somebody chose, each with where; then those that nobody did, in one row. */
function settingRows(sources: CompletionRequest['sources']): Row[] {
  const all = Object.entries(sources);
  const chosen = all.filter(([, { from }]) => from !== 'default');
  const rest = all.filter(([, { from }]) => from === 'default').map(([key]) => key);
  const rows = chosen.map(([key, { from, line }]): Row => [
    key,
    line === undefined ? from : `${from}, line ${line}`,
  ]);
  return rest.length === 0 ? rows : [...rows, ['by default', rest.join(', ')]];
}

/** What is not known before a server is connected is said in words. */
function estimateRows(estimate: Readonly<Record<string, unknown>>): Row[] {
  return Object.entries(estimate).map(([key, value]) =>
    value === null
      ? [key, 'unknown until the tool servers are connected']
      : keyAndValue([key, value]),
  );
}

function keyAndValue([key, value]: readonly [string, unknown]): Row {
  return [key, typeof value === 'string' ? value : JSON.stringify(value)];
}

function limit(value: number | null, unit = ''): string {
  return value === null ? 'none' : `${value}${unit}`;
}

/** Columns that are as wide as their widest cell; the last is not padded. */
function table(rows: readonly Row[]): string[] {
  const clean = rows.map((row) => row.map((cell) => printable(cell).replaceAll(/\s+/g, ' ')));
  const widths = (clean[0] ?? []).map((_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  );
  return clean.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
