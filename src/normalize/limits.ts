import type { Settings } from './given.ts';
import type { Limits } from './request.ts';
import { readValue } from './setting-type.ts';

const DEFAULTS: Limits = {
  max_steps: 20,
  max_tool_calls: 64,
  max_total_tokens: null,
  max_cost: null,
  timeout: 600,
};
/** What no prompt exceeds where the server sets no bound of its own. */
const BOUNDS: Limits = {
  max_steps: 1000,
  max_tool_calls: 10_000,
  max_total_tokens: null,
  max_cost: null,
  timeout: 86_400,
};

/**
 * The limits of a run. The server's limits are defaults and upper bounds in one; a higher value of
 * the prompt is cut to the bound with the warning `limit_clamped`.
 */
export function readLimits(settings: Settings, server: Partial<Limits> = {}): Limits {
  const limit = (key: keyof Limits): number | null => {
    const bound = server[key] ?? BOUNDS[key];
    const wanted = readLimit(settings, key);
    if (wanted === null) {
      return server[key] ?? DEFAULTS[key];
    }
    if (bound === null || wanted <= bound) {
      return wanted;
    }
    const given = settings.given(key)[0];
    const message = `${key} is ${wanted}, more than this server allows; ${bound} is used.`;
    const at = given === undefined ? undefined : settings.position(given.place);
    settings.report('warning', 'limit_clamped', message, at);
    return bound;
  };
  return {
    max_steps: limit('max_steps') ?? BOUNDS.max_steps,
    max_tool_calls: limit('max_tool_calls') ?? BOUNDS.max_tool_calls,
    max_total_tokens: limit('max_total_tokens'),
    max_cost: limit('max_cost'),
    timeout: limit('timeout') ?? BOUNDS.timeout,
  };
}

function readLimit(settings: Settings, key: keyof Limits): number | null {
  const given = settings.given(key)[0];
  if (given === undefined) {
    return null;
  }
  const read = readValue(given.setting.type, given.value);
  if ('wrong' in read) {
    settings.wrong(given.place, read.wrong);
    return null;
  }
  return typeof read.value === 'number' ? read.value : null;
}
