import { isObject } from '../protocol/json.ts';
import type { AllowedTools, ApprovalPolicy, ToolFilter } from './request.ts';
import { type Read, readFlag, readList } from './setting-type.ts';

/**
 * Names of tools in one list. Every tool of every server is compared with every one of them: more
 * would keep a run busy for minutes.
 */
export const MAX_TOOL_NAMES = 1000;
const TOO_MANY = `must not name more than ${MAX_TOOL_NAMES} tools`;

const FILTER = 'must be a list of names, or {tool_names: […], read_only: true} and nothing else';
const FORM =
  'must be never, always or {always: {tool_names: […]}, never: {tool_names: […], read_only: true}}';

/** A list of names of tools, or of patterns of them; a text is parted by commas. */
export function readToolNames(value: unknown): Read<readonly string[]> {
  const names = readList(undefined, value);
  return 'value' in names && names.value.length > MAX_TOOL_NAMES ? { wrong: TOO_MANY } : names;
}

/**
 * The same, or OpenAI's `{tool_names, read_only}`; what is null in it is not said. Anything else
 * that stands there is refused: a filter that is not understood lets too much through.
 */
export function readToolFilter(value: unknown): Read<ToolFilter> {
  if (!isObject(value)) {
    const names = readToolNames(value);
    return 'wrong' in names ? names : { value: { tool_names: names.value } };
  }
  const { tool_names, read_only, ...others } = value;
  if (Object.values(others).some(isSaid)) {
    return { wrong: FILTER };
  }
  const names = isSaid(tool_names) ? readToolNames(tool_names) : { value: undefined };
  const reads = isSaid(read_only) ? readFlag(read_only) : { value: undefined };
  if ('wrong' in names || 'wrong' in reads) {
    return 'wrong' in names ? names : { wrong: FILTER };
  }
  return {
    value: {
      ...(names.value === undefined ? {} : { tool_names: names.value }),
      ...(reads.value === undefined ? {} : { read_only: reads.value }),
    },
  };
}

function isSaid(value: unknown): boolean {
  return value !== null && value !== undefined;
}

/** What is allowed as a request keeps it: names alone are a list; undefined where nothing is said. */
export function allowedTools({ tool_names, read_only }: ToolFilter): AllowedTools | undefined {
  if (read_only === undefined) return tool_names;
  return tool_names === undefined ? { read_only } : { tool_names, read_only };
}

/** Reads `require_approval`, for one server or as the default of all. */
export function readApproval(value: unknown): Read<ApprovalPolicy> {
  if (value === 'never' || value === 'always') {
    return { value };
  }
  if (!isObject(value) || Object.keys(value).some((key) => key !== 'always' && key !== 'never')) {
    return { wrong: FORM };
  }
  const policy: { always?: ToolFilter; never?: ToolFilter } = {};
  for (const when of ['always', 'never'] as const) {
    const part = value[when];
    if (part !== undefined) {
      const filter = readToolFilter(part);
      if ('wrong' in filter || allowedTools(filter.value) === undefined) {
        return 'wrong' in filter && filter.wrong === TOO_MANY ? filter : { wrong: FORM };
      }
      policy[when] = filter.value;
    }
  }
  return { value: policy };
}
