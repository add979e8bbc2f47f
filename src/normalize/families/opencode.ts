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
    draft.has('permission', 'subtask') ||
    isSwitches(draft.value('tools')) ||
    isCommand(draft)
  );
}

/**
 * Files of VS Code name an agent too, and a price or a shell script in them has a `$1`: they have
 * agents of their own, lists of tools, hints and placeholders, none of which opencode has.
 */
function isCommand(draft: Draft): boolean {
  const agent = draft.value('agent');
  return (
    typeof agent === 'string' &&
    !/^(?:agent|ask|edit)$/i.test(agent) &&
    !draft.has('argument_hint', 'tools') &&
    !draft.body.includes('${input:') &&
    /\$(?:ARGUMENTS|[1-9])(?!\w)/.test(draft.body)
  );
}

/** `{write: false}` */
function isSwitches(map: unknown): boolean {
  const values = isObject(map) ? Object.values(map) : [];
  return values.length > 0 && values.every((value) => typeof value === 'boolean');
}

/** `steps` is the most steps of the model, which is a setting here. */
export function adoptSteps(draft: Draft): void {
  const steps = draft.entry('steps');
  if (typeof steps?.value === 'number' && !draft.has('max_steps', 'max_turns')) {
    draft.remove(steps);
    draft.put('max_steps', steps.value, [steps.key]);
  }
}
