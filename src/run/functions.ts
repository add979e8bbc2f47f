import type { CallState, Run, Step } from './run.ts';

/** Whether the model's name for a tool is a function that the caller runs itself. */
export function isCallersFunction({ request }: Pick<Run, 'request'>, wireName: string): boolean {
  return request.functions?.some(({ function: { name } }) => name === wireName) ?? false;
}

/** The calls of a step that the caller makes; the run ends for it, with all others made first. */
export function callersCalls(run: Run, { calls }: Step): readonly CallState[] {
  return calls.filter(({ call }) => isCallersFunction(run, call.wire_name));
}
