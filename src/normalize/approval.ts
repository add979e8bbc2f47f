import { isObject } from '../protocol/json.ts';
import type { ApprovalPolicy } from './request.ts';
import { type Read, readList } from './setting-type.ts';

/**
 * Names of tools in one list. Every tool of every server is compared with every one of them: more
 * would keep a run busy for minutes.
 */
export const MAX_TOOL_NAMES = 1000;
const TOO_MANY = `must not name more than ${MAX_TOOL_NAMES} tools`;

const FILTER = 'must be a list of names, or {tool_names: […]} and nothing else';
const FORM = 'must be never, always or {always: {tool_names: […]}, never: {tool_names: […]}}';

/** A list of names of tools, or of patterns of them; a text is parted by commas. */
export function readToolNames(value: unknown): Read<readonly string[]> {
  const names = readList(undefined, value);
  return 'value' in names && names.value.length > MAX_TOOL_NAMES ? { wrong: TOO_MANY } : names;
}

/**
 * The same, or OpenAI's `{tool_names}`; undefined where it names none. What else stands in such a
 * filter, as OpenAI's `read_only`, is refused: a filter that is not understood lets too much through.
 */
export function readToolFilter(value: unknown): Read<readonly string[] | undefined> {
  if (!isObject(value)) {
    return readToolNames(value);
  }
  const { tool_names: names, ...others } = value;
  if (Object.values(others).some((item) => item !== null && item !== undefined)) {
    return { wrong: FILTER };
  }
  return names === null || names === undefined ? { value: undefined } : readToolNames(names);
}

/** Reads `require_approval`, for one server or as the default of all. */
export function readApproval(value: unknown): Read<ApprovalPolicy> {
  if (value === 'never' || value === 'always') {
    return { value };
  }
  if (!isObject(value) || Object.keys(value).some((key) => key !== 'always' && key !== 'never')) {
    return { wrong: FORM };
  }
  const policy: { always?: Names; never?: Names } = {};
  for (const when of ['always', 'never'] as const) {
    const part = value[when];
    if (part !== undefined) {
      const names = readToolFilter(part);
      if ('wrong' in names || names.value === undefined) {
        return 'wrong' in names && names.wrong === TOO_MANY ? names : { wrong: FORM };
      }
      policy[when] = { tool_names: names.value };
    }
  }
  return { value: policy };
}

interface Names {
  readonly tool_names: readonly string[];
}
