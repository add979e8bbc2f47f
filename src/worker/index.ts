import { app } from './app.ts';
import type { Env } from './env.ts';
import { secured } from './security-headers.ts';

export { AddressObject } from './address-object.ts';
export { PrincipalObject } from './principal-object.ts';
export { RunObject } from './run-object.ts';

export default {
  fetch: async (request, env, context) =>
    secured(await app.fetch(request, env, context), request, env),
} satisfies ExportedHandler<Env>;
