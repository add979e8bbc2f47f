import type { Hono } from 'hono';
import { asFault, Fault } from '../../fault/fault.ts';
import { errorResponse } from '../../proxy/openai-error.ts';
import { isCrossSite } from '../guards.ts';
import type { RunRequest } from '../run/read-run.ts';
import type { Asked, Surroundings } from '../surroundings.ts';
import type { ChatAsked } from './chat-caller.ts';
import { continueChat } from './continued-chat.ts';
import { embed } from './embeddings-door.ts';
import { hostedDoor } from './hosted-door.ts';
import { listModels, oneModel } from './models-door.ts';
import { ownChat } from './own-door.ts';

type Door = (asked: ChatAsked) => Promise<Response | null>;

/** The doors to the server's own models, by path. */
const OWN_DOORS: Readonly<Record<string, readonly [methods: string, door: Door]>> = {
  '/v1/chat/completions': ['POST', ownChat],
  '/v1/embeddings': ['POST', embed],
  '/v1/models': ['GET, HEAD', listModels],
  '/v1/models/:model{.+}': ['GET, HEAD', oneModel],
};

const NO_DOOR =
  'Nothing is at this address, and it names no provider. /v1 has chat/completions, embeddings and models.';

const CONTINUE = '/:id{[0-9A-Za-z]{32}}/chat/completions';

/**
 * Adds the doors that speak OpenAI's API. They answer every method themselves, in its words.
 * @param runOf finds the run that a path names
 */
export function addChatRoutes(
  app: Hono<Surroundings>,
  runOf: (asked: Asked) => Promise<RunRequest>,
): void {
  for (const [path, [methods, door]] of Object.entries(OWN_DOORS)) {
    app.all(path, (asked) => answered(asked, methods, door));
  }
  app.all('/v1/*', (asked) => answered(asked, 'GET, HEAD, POST', async () => null));
  app.all(CONTINUE, (asked) =>
    answered(asked, 'POST', async (chat) => continueChat(chat, await runOf(asked))),
  );
  // Every host name has a dot or a port; nothing else of ours has a path below such a name.
  app.all('/:host{[^/]*[.:][^/]*}/:path{.+}', (asked) => answered(asked, ANY, hostedDoor));
}

/** What a provider takes is the provider's business. */
const ANY = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/** Clients of these doors read OpenAI's errors and no others. */
async function answered(asked: Asked, methods: string, door: Door): Promise<Response> {
  const { env, var: held, req } = asked;
  const { settings } = held;
  const allow = { allow: methods };
  if (req.method === 'OPTIONS') return new Response(null, { status: 204, headers: allow });
  try {
    if (!methods.split(', ').includes(req.method)) throw new Fault('method_not_allowed');
    checkSite(asked);
    const waitUntil = (work: Promise<unknown>) => asked.executionCtx.waitUntil(work);
    const response = await door({ env, settings, request: req.raw, waitUntil });
    if (response !== null) return bodyless(req.raw, response);
    throw new Fault('not_found', NO_DOOR);
  } catch (error) {
    const fault = asFault(error).toJSON();
    const response = errorResponse(fault);
    if (fault.code === 'method_not_allowed') response.headers.set('allow', methods);
    return response;
  }
}

/**
 * Reading here is asking providers in the name of whoever sits at the machine, so pages of other
 * sites may not even do that without a key in the request.
 * @throws Fault `cross_site`
 */
function checkSite({ req, var: { settings } }: Asked): void {
  if (!isCrossSite(req.raw, settings)) return;
  if (settings.localOrigin === null && req.raw.headers.has('authorization')) return;
  throw new Fault('cross_site');
}

function bodyless({ method }: Request, response: Response): Response {
  return method === 'HEAD' ? new Response(null, response) : response;
}
