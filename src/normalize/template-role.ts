import type { PromptRole } from './template-program.ts';
import type { TemplateTag } from './template-tag.ts';

const ROLES: ReadonlyMap<string, PromptRole> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['model', 'assistant'],
  ['assistant', 'assistant'],
]);

/**
 * The role that a tag opens. It is a text in quotes, never a variable: a value that comes with a
 * request could otherwise choose to speak as the system.
 */
export function readRole({ args }: TemplateTag): PromptRole | { wrong: string } {
  const [written] = args;
  const role = written?.kind === 'literal' ? ROLES.get(String(written.value)) : undefined;
  if (role !== undefined && args.length === 1) {
    return role;
  }
  return { wrong: 'A role is "system", "user", "model" or "assistant", in quotes' };
}
