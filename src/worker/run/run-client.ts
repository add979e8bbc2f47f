import type { Env } from '../env.ts';
import type { Standing } from '../principal/principal-runs.ts';
import type { RunObject } from './run-object.ts';

/** The methods of a run's object as they are called from outside: every one answers later. */
export type RunClient = {
  readonly [
    Name in
      | 'accept'
      | 'mirror'
      | 'view'
      | 'events'
      | 'page'
      | 'answer'
      | 'settled'
      | 'standing'
      | 'rotate'
      | 'receive'
      | 'settle'
      | 'isBy'
      | 'cancel'
      | 'remove'
      | 'resume'
      | 'questionOf'
      | 'resolveAction'
  ]: (...parameters: Parameters<RunObject[Name]>) => Promise<Awaited<ReturnType<RunObject[Name]>>>;
};

/**
 * The object of a run. Naming it creates it, so the id must be one that this server made.
 * The platform's own type of a stub follows every value member by member and gives up on JSON.
 */
export function runClient(env: Env, id: string): RunClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- derived from the class itself
  return env.RUNS.getByName(id) as unknown as RunClient;
}

/** Where runs stand, as their own objects say it; without those that do not answer. */
export async function standingsOf(
  env: Env,
  ids: readonly string[],
): Promise<readonly (readonly [id: string, standing: Standing])[]> {
  const asked = ids.map(async (id) => [id, await runClient(env, id).standing()] as const);
  return (await Promise.allSettled(asked)).flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
}
