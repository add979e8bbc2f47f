import type { Hono } from 'hono';
import { asFault, Fault } from '../../fault/fault.ts';
import { errorResponse } from '../../proxy/openai-error.ts';
import type { Asked, Surroundings } from '../surroundings.ts';
import type { ChatAsked } from './chat-caller.ts';
import { hostedDoor } from './hosted-door.ts';
import { ownChat } from './own-door.ts';

type Door = (asked: ChatAsked) => Promise<Response | null>;

/** Adds the doors that speak OpenAI's API, and gives the methods of their paths. */
export function addChatRoutes(app: Hono<Surroundings>): Readonly<Record<string, string>> {
  app.post('/v1/chat/completions', (asked) => answered(asked, ownChat));
  // Every host name has a dot or a port; nothing else of ours has a path below such a name.
  app.all('/:host{[^/]*[.:][^/]*}/:path{.+}', (asked) => answered(asked, hostedDoor));
  return { '/v1/chat/completions': 'POST' };
}

/** Clients of these doors read OpenAI's errors and no others. */
async function answered(asked: Asked, door: Door): Promise<Response> {
  try {
    const { env, var: held, req } = asked;
    const response = await door({ env, settings: held.settings, request: req.raw });
    if (response !== null) return response;
    throw new Fault('not_found', 'This server knows no provider of that name.');
  } catch (error) {
    return errorResponse(asFault(error).toJSON());
  }
}
