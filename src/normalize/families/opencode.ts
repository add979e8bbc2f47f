import { isObject } from '../../protocol/json.ts';
import type { Draft } from './draft.ts';

/**
 * Whether a document is an agent or a command of opencode: an agent says which `mode` it has or which
 * functions and permissions are on, a command which `agent` runs it with what arguments.
 */
export function isOpencode(draft: Draft): boolean {
  const mode = String(draft.value('mode'));
  return (
    ['primary', 'subagent', 'all'].includes(mode) ||
    holdsOnly(draft.value('tools'), (value) => typeof value === 'boolean') ||
    holdsOnly(draft.value('permission'), isPermission) ||
    typeof draft.value('subtask') === 'boolean' ||
    (typeof draft.value('agent') === 'string' && /\$(?:ARGUMENTS|[1-9])(?!\w)/.test(draft.body))
  );
}

function holdsOnly(map: unknown, fits: (value: unknown) => boolean): boolean {
  const values = isObject(map) ? Object.values(map) : [];
  return values.length > 0 && values.every(fits);
}

function isPermission(value: unknown): boolean {
  return ['allow', 'ask', 'deny'].includes(String(value)) || holdsOnly(value, isWord);
}

function isWord(value: unknown): boolean {
  return ['allow', 'ask', 'deny'].includes(String(value));
}

/** `steps` is the most steps of the model, which is a setting here. */
export function adoptSteps(draft: Draft): void {
  const steps = draft.entry('steps');
  if (typeof steps?.value === 'number' && !draft.has('max_steps', 'max_turns')) {
    draft.remove(steps);
    draft.put('max_steps', steps.value, [steps.key]);
  }
}
