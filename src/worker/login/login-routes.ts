import type { Hono } from 'hono';
import { clientDocument } from './client-document.ts';
import { showFailed } from '../../connect/connect.ts';
import { finishConnect, showConnect, startConnect } from './connect.ts';
import type { Asked, Surroundings } from '../surroundings.ts';

/** Loaded by who looks at them: a start does not pay for it. */
const connections = () => import('../oauth-server/endpoints.ts');

type Handler = (asked: Asked) => Promise<Response> | Response;

/** The routes of logging in, by path and method. @see spec/http-api.md, Connections */
const LOGIN_ROUTES: readonly (readonly [path: string, methods: Record<string, Handler>])[] = [
  [
    '/connect/callback',
    { GET: ({ req, env, var: { settings } }) => finishConnect(req.raw, env, settings) },
  ],
  ['/connect/failed', { GET: ({ req }) => showFailed(req.raw) }],
  [
    '/connect/:id',
    {
      GET: (asked) => showConnect(...partsOf(asked), idOf(asked)),
      POST: (asked) => startConnect(...partsOf(asked), idOf(asked)),
    },
  ],
  [
    '/connections',
    {
      GET: async (asked) => (await connections()).listConnections(...partsOf(asked)),
      POST: async (asked) => (await connections()).addConnection(...partsOf(asked)),
    },
  ],
  [
    '/connections/:id',
    {
      POST: async (asked) => (await connections()).removeConnection(...partsOf(asked), idOf(asked)),
      DELETE: async (asked) =>
        (await connections()).removeConnection(...partsOf(asked), idOf(asked)),
    },
  ],
  [
    '/oauth/client.json',
    { GET: ({ req, var: { settings } }) => clientDocument(req.raw, settings) },
  ],
];

/**
 * Adds the routes of logging in to the Worker's.
 * @returns for every path the methods that it takes, as `Allow` says them
 */
export function addLoginRoutes(app: Hono<Surroundings>): Readonly<Record<string, string>> {
  for (const [path, methods] of LOGIN_ROUTES) {
    for (const [method, handler] of Object.entries(methods)) {
      app.on(method, path, (asked) => handler(asked));
    }
  }
  return Object.fromEntries(
    LOGIN_ROUTES.map(([path, methods]) => [path, allowedOf(path, Object.keys(methods))]),
  );
}

/** A HEAD is a GET without its body, except where looking would use up what comes back once. */
function allowedOf(path: string, methods: readonly string[]): string {
  const isOnce = path === '/connect/callback';
  return methods
    .flatMap((name) => (name === 'GET' && !isOnce ? [name, 'HEAD'] : [name]))
    .join(', ');
}

function partsOf({ req, env, var: { settings } }: Asked) {
  return [req.raw, env, settings] as const;
}

function idOf({ req }: Asked): string {
  return req.param('id') ?? '';
}
