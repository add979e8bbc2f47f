import { Hono } from 'hono';
import type { Next } from 'hono';
import { asFault, Fault } from '../fault/fault.ts';
import { frontmatterSchema } from '../normalize/settings-schema.ts';
import { ASSETS } from '../publish/assets.ts';
import type { Asset } from '../publish/assets.ts';
import { ownServer } from './own-paths.ts';
import { readEnv } from './env.ts';
import { addChatRoutes } from './chat/chat-routes.ts';
import { addDocsRoutes } from './docs/docs-routes.ts';
import { faultResponse } from './fault-response.ts';
import { allowsCors, changesState, isCrossSite, isOurHost, namesHost } from './guards.ts';
import { addMcpRoutes } from './mcp/mcp-routes.ts';
import { listRuns } from './principal/list-runs.ts';
import { addLoginRoutes } from './login/login-routes.ts';
import { addOauthRoutes } from './oauth-server/oauth-routes.ts';
import { answerAction, cancelRun, deleteRun } from './run/own-run.ts';
import { isPlainForm, promptOfPlainForm } from './post/plain-form.ts';
import { postRun } from './post/post-run.ts';
import { proofOf } from './principal/principal.ts';
import { rotateRun } from './run/rotate-run.ts';
import { isForm, readPrompt } from './post/read-prompt.ts';
import { readFile } from './run/read-file.ts';
import { readLive } from './run/read-live.ts';
import { readEvents, readRun } from './run/read-run.ts';
import type { RunRequest } from './run/read-run.ts';
import { json } from '../connect/responses.ts';
import { otherMethod } from './other-method.ts';
import { isRunId } from './run/run-id.ts';
import type { Asked, Surroundings } from './surroundings.ts';

/** The routes of the Worker. @see spec/http-api.md */
export const app = new Hono<Surroundings>();

app.use((asked, next) => guard(asked, next));

app.get('/', async ({ req, env, var: { settings } }) => {
  return (await editor()).showEditor({ request: req.raw, env, settings });
});
app.get('/from/*', async ({ req, env, var: { settings } }) => {
  return (await editor()).fromAddress(req.raw, env, settings);
});
app.post('/', post);
app.post('/runs', post);
app.post('/inspect', async ({ req, env, var: { settings } }) => {
  return (await editor()).inspect(req.raw, env, settings);
});
app.get('/runs', ({ req, env, var: { settings } }) => listRuns(req.raw, env, settings));
app.get('/frontmatter.schema.json', () => json(frontmatterSchema()));
app.get('/robots.txt', () => new Response(ROBOTS));
app.get('/assets/:name', ({ req }) => asset(req.param('name')));
app.all('/demo/mcp', ({ req }) => ownServer(req.raw));

// Before the doors of the providers, which take everything behind a name with a dot.
refuseOthers(addOauthRoutes(app));
const loginMethods = addLoginRoutes(app);
addMcpRoutes(app);
for (const path of ['/account', '/sign-in', '/sign-out']) {
  for (const pattern of [path, `${path}/*`]) app.all(pattern, (asked) => account(asked));
}
const docsMethods = addDocsRoutes(app);
addChatRoutes(app, (asked) => runRequest(asked));

const ID = ':id{[0-9A-Za-z]{32}}';
app.get(`/${ID}`, async (asked) => {
  const run = await runRequest(asked);
  if (asked.req.query('edit') === undefined) return readRun(run, null);
  return (await editor()).editRun(run);
});
app.get('/:file{[0-9A-Za-z]{32}\\.[a-z]+}', async (asked) => {
  const file = asked.req.param('file');
  return readRun(await runRequest(asked, file.slice(0, 32)), file.slice(32));
});
app.get(`/${ID}/live`, async (asked) => readLive(await runRequest(asked)));
app.get(`/${ID}/own`, async (asked) => {
  const { ownPage } = await import('./run/own-page.ts');
  return ownPage(await runRequest(asked));
});
app.get(`/${ID}/events`, async (asked) => readEvents(await runRequest(asked)));
app.get(`/${ID}/files/:path{.+}`, async (asked) => readFile(await runRequest(asked)));
app.post(`/${ID}/cancel`, async (asked) => cancelRun(await runRequest(asked)));
app.post(`/${ID}/delete`, async (asked) => deleteRun(await runRequest(asked)));
app.post(`/${ID}/continue`, async (asked) => {
  const { continueRun } = await import('./run/continue-run.ts');
  return continueRun(await runRequest(asked));
});
app.post(`/${ID}/rotate`, async (asked) => rotateRun(await runRequest(asked)));
app.post(`/${ID}/actions/:action{[\\w-]{1,100}}`, async (asked) =>
  answerAction(await runRequest(asked), asked.req.param('action')),
);
app.delete(`/${ID}`, async (asked) => deleteRun(await runRequest(asked)));

/** Nothing but what is for everybody: the address of a run is its secret. */
const ROBOTS = `User-agent: *
Allow: /$
Allow: /docs
Allow: /examples
Allow: /llms.txt
Allow: /openapi.json
Disallow: /
`;

const METHODS: Readonly<Record<string, string>> = {
  '/': 'GET, HEAD, POST',
  '/runs': 'GET, HEAD, POST',
  '/inspect': 'POST',
  '/from/*': 'GET, HEAD',
  '/frontmatter.schema.json': 'GET, HEAD',
  '/robots.txt': 'GET, HEAD',
  '/assets/:name': 'GET, HEAD',
  [`/${ID}`]: 'GET, HEAD, DELETE',
  '/:file{[0-9A-Za-z]{32}\\.[a-z]+}': 'GET, HEAD',
  [`/${ID}/events`]: 'GET, HEAD',
  [`/${ID}/live`]: 'GET, HEAD',
  [`/${ID}/own`]: 'GET, HEAD',
  [`/${ID}/files/:path{.+}`]: 'GET, HEAD',
  [`/${ID}/cancel`]: 'POST',
  [`/${ID}/continue`]: 'POST',
  [`/${ID}/delete`]: 'POST',
  [`/${ID}/rotate`]: 'POST',
  [`/${ID}/actions/:action{[\\w-]{1,100}}`]: 'POST',
  ...loginMethods,
  ...docsMethods,
};
refuseOthers(METHODS);

app.notFound(({ req: { raw } }) => withoutSlash(raw) ?? faultResponse(new Fault('not_found'), raw));
app.onError((thrown, { req }) => faultResponse(asFault(thrown), req.raw));

/**
 * To the address without the slash at its end, which clients of Python write: `/mcp/`. The method and
 * the body go along. Two slashes at the front would be the host of somebody else (open redirect).
 */
function withoutSlash({ url }: Request): Response | null {
  const { pathname, search } = new URL(url);
  if (!pathname.endsWith('/') || pathname.startsWith('//') || pathname === '/') return null;
  // Names of files are those of the answer, and a slash is part of one.
  if (/^\/[^/]+\/files\//.test(pathname)) return null;
  const location = pathname.slice(0, -1) + search;
  return new Response(null, { status: 308, headers: { location } });
}

/** What every request must pass. @see spec/identity.md */
async function guard(asked: Asked, next: Next): Promise<Response | void> {
  const request = asked.req.raw;
  if (!namesHost(request)) throw new Fault('bad_request', 'The Host header names no host.');
  const { settings, problems } = readEnv(asked.env);
  if (settings === null) throw new Fault('misconfigured', problems.join(' '));
  if (!isOurHost(request, settings)) throw new Fault('wrong_host');
  asked.set('settings', settings);
  if (!changesState(request) || !isCrossSite(request, settings)) return next();
  if (allowsCors(request, settings)) return next();
  if (!['/', '/runs'].includes(asked.req.path)) throw new Fault('cross_site');
  // A form of another site may suggest a prompt; running it takes a click on our own page.
  if (isForm(request) || isPlainForm(request)) {
    const { env } = asked;
    return (await editor()).editorPage({ request, env, settings }, await suggested(request));
  }
  throw new Fault('cross_site');
}

async function suggested(request: Request): Promise<{ prompt: string; isSuggested: true }> {
  const isPlain = isPlainForm(request);
  const { text } = await readPrompt(request);
  return { prompt: isPlain ? promptOfPlainForm(text) : text, isSuggested: true };
}

/** Loaded by who asks for it: a start does not pay for it. */
async function account({ req, env, var: { settings } }: Asked): Promise<Response> {
  const { answerAccount } = await import('./account/account-routes.ts');
  return answerAccount(req.raw, env, settings);
}

function post(asked: Asked): Promise<Response> {
  return postRun(asked.req.raw, asked.env, asked.var.settings);
}

/** The run that a request is about; its id is checked before any object is named. */
async function runRequest(
  asked: Asked,
  id: string = asked.req.param('id') ?? '',
): Promise<RunRequest> {
  const request = asked.req.raw;
  const { settings } = asked.var;
  if (!(await isRunId(settings.idKey, id))) throw new Fault('not_found');
  const { env } = asked;
  const proof = await proofOf(request, env, settings, id);
  return { env, settings, request, id, proof };
}

async function asset(name: string): Promise<Response> {
  const small = new Map<string, Asset>(Object.entries(ASSETS)).get(`/assets/${name}`);
  const found = small ?? (await (await editor()).pageFile(name));
  if (found === null) throw new Fault('not_found');
  // Pages ask with a version that changes with the content.
  const caching = { 'cache-control': 'public, max-age=31536000, immutable', etag: found.etag };
  return new Response(found.body, { headers: { 'content-type': found.type, ...caching } });
}

function editor() {
  return import('./editor/doors.ts');
}

function refuseOthers(taken: Readonly<Record<string, string>>): void {
  for (const [path, methods] of Object.entries(taken)) {
    app.all(path, ({ req }) => otherMethod(req.raw, methods));
  }
}
