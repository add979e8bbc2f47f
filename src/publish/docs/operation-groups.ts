import type { Api, Operation } from './api.ts';

/** Operations about the same thing. */
export interface OperationGroup {
  readonly id: string;
  readonly title: string;
  readonly operations: readonly Operation[];
}

/** The first that fits takes an address; what none takes is in the last. */
const GROUPS: readonly (readonly [id: string, title: string, paths: RegExp])[] = [
  ['prompts', 'Prompts', /^\/(?:runs|inspect|from\/.*)?$/],
  ['completions', 'Completions', /\/chat\/completions$|^\/v1\/|^\/\{provider-host\}/],
  ['runs', 'Runs', /^\/\{id\}/],
  ['logins', 'Logins', /^\/(?:connect|sign-|oauth|account|keys|\.well-known)/],
  ['server', 'This server', /^/],
];

/** All operations of a document, grouped for its readers. */
export function operationGroups({ operations }: Api): OperationGroup[] {
  const titles = GROUPS.map(([id, title]) => ({
    id,
    title,
    operations: operations.filter(({ path }) => groupOf(path) === id),
  }));
  return titles.filter((group) => group.operations.length > 0);
}

function groupOf(path: string): string {
  return GROUPS.find(([, , paths]) => paths.test(path))?.[0] ?? 'server';
}
