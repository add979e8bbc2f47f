import type { CompletionRequest } from '../normalize/request.ts';
import type { ChatTool } from '../protocol/chat.ts';
import type { CallState, Run, Step } from './run.ts';

/** Names of the functions that the caller runs; tools of other types are run by the provider. */
export function callersNames({ functions = [] }: CompletionRequest): ReadonlySet<string> {
  const tools: readonly Partial<ChatTool>[] = functions;
  const names = tools.map(({ function: described }) => described?.name);
  return new Set(names.filter((name) => name !== undefined));
}

/** Whether the model's name for a tool is a function that the caller runs itself. */
export function isCallersFunction({ request }: Pick<Run, 'request'>, wireName: string): boolean {
  return callersNames(request).has(wireName);
}

/** The calls of a step that the caller makes; the run ends for it, with all others made first. */
export function callersCalls(run: Run, { calls }: Step): readonly CallState[] {
  return calls.filter(({ call }) => isCallersFunction(run, call.wire_name));
}
