import { isObject } from '../../protocol/json.ts';
import { nameList } from '../name-list.ts';
import { isLiteralSecret } from '../secrets.ts';
import type { Draft } from './draft.ts';
import { adoptInputs } from './prompty-inputs.ts';
import { adoptOutput } from './response-format.ts';
import { addTools } from './tool-names.ts';
import { adoptTurns, turnsOf } from './turns.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Keys of `model:` that only prompty has. */
const MODEL_KEYS = ['id', 'api', 'apiType', 'configuration', 'connection', 'parameters', 'options'];

/** Whether `model` is prompty's map, or the body a conversation that begins with a role line. */
export function isPrompty(draft: Draft): boolean {
  const model = draft.value('model');
  return (
    (isObject(model) && MODEL_KEYS.some((key) => key in model)) ||
    (isObject(draft.value('sample')) && !draft.has('messages')) ||
    (/^\s*(?:system|user):[ \t]*[\r\n]/i.test(draft.body) &&
      turnsOf(draft.body).some(({ speaker }) => speaker === 'user'))
  );
}

/** Reads `model`, `sample`, `inputs`, `outputs`, `tools` and the role lines of prompty 1 and 2. */
export function adoptPrompty(draft: Draft): void {
  refuseFiles(draft);
  adoptModel(draft);
  adoptInputs(draft);
  adoptOutputs(draft);
  adoptToolKinds(draft);
  const turns = turnsOf(draft.body);
  if (turns.length > 1 || (turns[0] !== undefined && turns[0].line !== turns[0].start)) {
    adoptTurns(draft, turns);
  }
}

/** `inputs: ${file:schema.json}` is in a file beside the prompt, which is not here. */
function refuseFiles(draft: Draft): void {
  const found = draft.entries.filter(
    ({ value }) => typeof value === 'string' && value.startsWith('${file:'),
  );
  const [first] = found;
  for (const { key } of found) {
    draft.foreign.add(key);
  }
  if (first !== undefined) {
    const names = nameList(
      found.map(({ value }) => String(value)),
      8,
    );
    draft.report(
      'warning',
      'local_only',
      `Only in its own project, so not read: ${names}.`,
      first.valueAt,
    );
  }
}

/** `model: {configuration, parameters}` of version 1, `{id, connection, options}` of version 2. */
function adoptModel(draft: Draft): void {
  const entry = draft.entry('model');
  if (entry === undefined || !isObject(entry.value)) {
    return;
  }
  const model = entry.value;
  draft.remove(entry);
  const name = modelName(model);
  if (name !== null) {
    draft.put('model', name.value, [entry.key, ...name.path]);
  }
  for (const [key, value] of Object.entries(model)) {
    const path = [entry.key, key];
    if (key === 'parameters' || key === 'options') {
      adoptParameters(draft, value, path);
    } else if (!['id', 'name'].includes(key) && value !== 'chat') {
      refuseSecrets(draft, value, path);
      keepOthers(draft, value, path, name?.path ?? []);
    }
  }
}

/** Keeps a map by its keys, so that of `configuration` only those are told that do nothing here. */
function keepOthers(
  draft: Draft,
  value: unknown,
  path: readonly string[],
  used: readonly string[],
): void {
  const [outer, inner] = used;
  if (!isObject(value) || Object.keys(value).length === 0) {
    draft.keep(path, value);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (path.at(-1) !== outer || key !== inner) {
      draft.keep([...path, key], item);
    }
  }
}

function modelName(model: Fields): { value: string; path: readonly string[] } | null {
  const configuration = isObject(model['configuration']) ? model['configuration'] : {};
  const places: readonly [unknown, readonly string[]][] = [
    [model['id'], ['id']],
    [model['name'], ['name']],
    [configuration['model'], ['configuration', 'model']],
    [configuration['azure_deployment'], ['configuration', 'azure_deployment']],
    [configuration['name'], ['configuration', 'name']],
  ];
  const found = places.find(([value]) => typeof value === 'string' && value !== '');
  return found === undefined ? null : { value: String(found[0]), path: found[1] };
}

/** What goes to the model; the functions and the form of the answer are settings of their own here. */
function adoptParameters(draft: Draft, value: unknown, path: readonly string[]): void {
  if (!isObject(value)) {
    draft.keep(path, value);
    return;
  }
  const { tools, response_format: format, allowMultipleToolCalls: several, ...rest } = value;
  const parameters = several === undefined ? rest : { ...rest, parallel_tool_calls: several };
  if (Array.isArray(tools)) {
    addTools(draft, tools.map(asFunction), [...path, 'tools']);
  }
  if (format !== undefined) {
    adoptOutput(draft, format, undefined, [...path, 'response_format']);
  }
  draft.put(path.at(-1) === 'options' ? 'options' : 'model_parameters', parameters, path);
}

/** OpenAI's `{type: function, function: {name}}` and prompty's `{kind: function, name}`. */
function asFunction(tool: unknown): unknown {
  const inner = isObject(tool) && isObject(tool['function']) ? tool['function'] : tool;
  const name = isObject(inner) ? inner['name'] : undefined;
  return { type: 'function', name: typeof name === 'string' ? name : 'function' };
}

/** A key of a service in the file would be published with it. */
function refuseSecrets(draft: Draft, value: unknown, path: readonly string[]): void {
  for (const [key, item] of isObject(value) ? Object.entries(value) : []) {
    // Without its name: nothing here is sent, so only what is a real key is worth a stop.
    // The name of a model may be as long and mixed as a key.
    const isName = ['azure_deployment', 'model', 'name'].includes(key);
    if (typeof item === 'string' && !isName && isLiteralSecret('', item)) {
      const message = `${[...path, key].join('.')} holds what looks like a key. Prompts are published; take it out.`;
      draft.report('error', 'literal_secret', message, draft.at([...path, key]));
    }
  }
}

/** The map form of `outputs` names fields without a schema; it is kept, but forces no format. */
function adoptOutputs(draft: Draft): void {
  const outputs = draft.entry('outputs', 'output');
  if (isObject(outputs?.value) && !('schema' in outputs.value) && !('format' in outputs.value)) {
    draft.foreign.add(outputs.key);
  }
}

/** Version 2: `{kind: mcp, connection: {endpoint}}` is a server, other kinds are local functions. */
function adoptToolKinds(draft: Draft): void {
  const tools = draft.entry('tools');
  if (tools === undefined || !Array.isArray(tools.value)) {
    return;
  }
  const read = tools.value.map((tool: unknown) =>
    isObject(tool) && typeof tool['kind'] === 'string' ? toolOfKind(tool) : tool,
  );
  draft.replace(tools, read);
}

function toolOfKind(tool: Fields): unknown {
  const connection = isObject(tool['connection']) ? tool['connection'] : {};
  const address = tool['url'] ?? connection['endpoint'] ?? connection['url'];
  if (!['mcp', 'openapi'].includes(String(tool['kind'])) || typeof address !== 'string') {
    return asFunction(tool);
  }
  const { serverDescription: description, allowedTools: allowed } = tool;
  return {
    type: tool['kind'],
    server_url: address,
    server_label: tool['serverName'] ?? tool['name'],
    ...(typeof description === 'string' ? { server_description: description } : {}),
    ...(Array.isArray(allowed) ? { allowed_tools: allowed } : {}),
    ...approvalOf(tool['approvalMode']),
    // As what it is, so that a key that is written out is refused like any other.
    ...(typeof connection['apiKey'] === 'string'
      ? { authorization: secret(connection['apiKey']) }
      : {}),
  };
}

/** `${ENV:X}` and `${env:X:default}` are the secret X; a default would be published. */
function secret(value: string): string {
  return value.replace(/^\$\{env:([A-Za-z_]\w{0,99})(?::[^{}]{0,99})?\}$/i, '${env:$1}');
}

/** `approvalMode: {kind: always}`, or the kind alone; `specify` lists the tools on each side. */
function approvalOf(mode: unknown): Fields {
  const { kind, ...tools }: Fields = isObject(mode) ? mode : { kind: mode };
  if (kind !== 'specify') {
    return isGiven(kind) ? { require_approval: kind } : {};
  }
  const { alwaysRequireApprovalTools: always, neverRequireApprovalTools: never } = tools;
  const lists = {
    ...(isGiven(always) ? { always: { tool_names: always } } : {}),
    ...(isGiven(never) ? { never: { tool_names: never } } : {}),
  };
  // Without a list it says nothing that could be read as "none": it is refused as it stands.
  return { require_approval: Object.keys(lists).length === 0 ? kind : lists };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
