import { isObject } from '../../protocol/json.ts';
import type { Draft } from './draft.ts';

/** Keys that mean something else in a workflow than in a prompt. */
const WORKFLOW_KEYS = new Set(['strict', 'output', 'outputs', 'store', 'imports', 'schedule']);

/** Whether a document is an agentic workflow of GitHub: a trigger and what a job needs. */
export function isWorkflow(draft: Draft): boolean {
  const job = ['permissions', 'engine', 'network', 'timeout_minutes', 'runs_on', 'roles', 'steps'];
  return (
    draft.has('safe_outputs') ||
    (draft.has('on') && (draft.has(...job) || isObject(draft.value('tools')))) ||
    (draft.has('imports', 'engine') && draft.has('tools', 'permissions', 'mcp_servers'))
  );
}

/** `engine.model`, `engine.max-turns` and `timeout-minutes` are settings here; the rest is kept. */
export function adoptWorkflow(draft: Draft): void {
  for (const { key } of draft.entries.filter((entry) => WORKFLOW_KEYS.has(entry.key))) {
    draft.foreign.add(key);
  }
  adoptMinutes(draft);
  adoptEngine(draft);
}

/** `timeout-minutes` of a workflow, `timeout_mins` of an agent of Gemini. */
export function adoptMinutes(draft: Draft): void {
  const minutes = draft.entry('timeout_minutes', 'timeout_mins');
  if (typeof minutes?.value === 'number' && minutes.value > 0 && !draft.has('timeout')) {
    draft.remove(minutes);
    draft.put('timeout', `${minutes.value}m`, [minutes.key]);
  }
}

function adoptEngine(draft: Draft): void {
  const engine = draft.entry('engine');
  if (engine === undefined || !isObject(engine.value)) {
    return;
  }
  const { model, 'max-turns': turns } = engine.value;
  if (typeof model === 'string' && !draft.has('model')) {
    draft.put('model', model, [engine.key, 'model']);
  }
  if (turns !== undefined && !draft.has('max_steps', 'max_turns')) {
    draft.put('max_turns', turns, [engine.key, 'max-turns']);
  }
}
