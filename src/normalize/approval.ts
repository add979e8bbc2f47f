import { isObject } from '../protocol/json.ts';
import type { ApprovalPolicy } from './request.ts';
import { type Read, readList } from './setting-type.ts';

const FORM = 'must be never, always or {always: {tool_names: […]}, never: {tool_names: […]}}';

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
      const names = readList(undefined, isObject(part) ? part['tool_names'] : part);
      if ('wrong' in names) {
        return { wrong: FORM };
      }
      policy[when] = { tool_names: names.value };
    }
  }
  return { value: policy };
}

interface Names {
  readonly tool_names: readonly string[];
}
