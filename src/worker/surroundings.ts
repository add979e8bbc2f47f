import type { Context } from 'hono';
import type { Env } from './env.ts';
import type { Settings } from './settings.ts';

/** What every route of the Worker has around it. */
export interface Surroundings {
  Bindings: Env;
  Variables: { settings: Settings };
}

/** A request as a route gets it, with the settings checked. */
export type Asked = Context<Surroundings>;
