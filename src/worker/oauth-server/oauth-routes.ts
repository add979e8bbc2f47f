import type { Hono } from 'hono';
import type { Asked, Surroundings } from '../surroundings.ts';

type Handler = (asked: Asked) => Promise<Response>;

const METADATA = '/.well-known/oauth-protected-resource';

const resource: Handler = async ({ req, var: { settings } }) =>
  (await import('./endpoints.ts')).resourceMetadata(req.raw, settings);

/**
 * The routes of the authorization server, by path and method. What is behind them is loaded by who
 * asks: a start does not pay for it.
 * @see spec/http-api.md, Programs
 */
const OAUTH_ROUTES: readonly (readonly [path: string, methods: Record<string, Handler>])[] = [
  [
    '/.well-known/oauth-authorization-server',
    {
      GET: async ({ req, var: { settings } }) =>
        (await import('./endpoints.ts')).serverMetadata(req.raw, settings),
    },
  ],
  [METADATA, { GET: resource }],
  [`${METADATA}/mcp`, { GET: resource }],
  [`${METADATA}/mcp/:id{[0-9A-Za-z]{1,64}}`, { GET: resource }],
  [
    '/oauth/authorize',
    {
      GET: async (asked) => (await import('./endpoints.ts')).showConsent(...partsOf(asked)),
      POST: async (asked) => (await import('./endpoints.ts')).decideConsent(...partsOf(asked)),
    },
  ],
  [
    '/oauth/token',
    { POST: async (asked) => (await import('./endpoints.ts')).token(...partsOf(asked)) },
  ],
  [
    '/oauth/revoke',
    { POST: async (asked) => (await import('./endpoints.ts')).revoke(...partsOf(asked)) },
  ],
  [
    '/oauth/register',
    { POST: async (asked) => (await import('./endpoints.ts')).register(...partsOf(asked)) },
  ],
  [
    '/connections/programs',
    { GET: async (asked) => (await import('./endpoints.ts')).listPrograms(...partsOf(asked)) },
  ],
  ['/connections/programs/:id', { POST: ended, DELETE: ended }],
];

/**
 * Adds the routes of the authorization server to the Worker's.
 * @returns for every path the methods that it takes, as `Allow` says them
 */
export function addOauthRoutes(app: Hono<Surroundings>): Readonly<Record<string, string>> {
  for (const [path, methods] of OAUTH_ROUTES) {
    for (const [method, handler] of Object.entries(methods)) {
      app.on(method, path, (asked) => handler(asked));
    }
  }
  return Object.fromEntries(
    OAUTH_ROUTES.map(([path, methods]) => {
      const names = Object.keys(methods).flatMap((name) =>
        name === 'GET' ? [name, 'HEAD'] : [name],
      );
      return [path, names.join(', ')];
    }),
  );
}

async function ended(asked: Asked): Promise<Response> {
  const { endProgram } = await import('./endpoints.ts');
  return endProgram(...partsOf(asked), asked.req.param('id') ?? '');
}

function partsOf({ req, env, var: { settings } }: Asked) {
  return [req.raw, env, settings] as const;
}
