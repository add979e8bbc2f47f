import type { Hono } from 'hono';
import { Fault } from '../../fault/fault.ts';
import { isLocalHost, ownOrigin } from '../guards.ts';
import type { Asked, Surroundings } from '../surroundings.ts';
import { badge } from './badge.ts';
import { sameForAll } from './same-for-all.ts';

/** Loaded by who asks for it: a start does not pay for the documentation. */
const pages = () => import('./pages.ts');

/** What every path of the documentation answers to `GET`. */
const ROUTES: Readonly<Record<string, (asked: Asked) => Promise<Response>>> = {
  '/badge.svg': async ({ req }) => badge(req.raw),
  '/openapi.json': async ({ req }) =>
    sameForAll(req.raw, 'application/json; charset=utf-8', (await pages()).openapiText()),
  '/llms.txt': async (asked) =>
    sameForAll(
      asked.req.raw,
      'text/plain; charset=utf-8',
      (await pages()).llmsText(readerOf(asked)),
    ),
  '/docs': async (asked) => page(asked, (await pages()).renderApi(readerOf(asked))),
  '/docs/prompt-format': async (asked) =>
    page(asked, (await pages()).renderFormat(readerOf(asked))),
  '/docs/errors': async (asked) => page(asked, (await pages()).renderErrors()),
  '/docs/style.css': async ({ req }) =>
    sameForAll(req.raw, 'text/css; charset=utf-8', (await pages()).DOCS_STYLE),
  '/examples': async (asked) => page(asked, (await pages()).renderExamples(readerOf(asked))),
  '/examples/:name': async (asked) => example(asked, asked.req.param('name') ?? ''),
};

/**
 * Adds the documentation of this server, its examples and its badge.
 * @returns for every path the methods that it takes, as `Allow` says them
 * @see spec/http-api.md, Documentation
 */
export function addDocsRoutes(app: Hono<Surroundings>): Readonly<Record<string, string>> {
  const paths = Object.entries(ROUTES);
  for (const [path, handler] of paths) app.get(path, (asked) => handler(asked));
  return Object.fromEntries(paths.map(([path]) => [path, 'GET, HEAD']));
}

function page({ req }: Asked, text: string): Promise<Response> {
  return sameForAll(req.raw, 'text/html; charset=utf-8', text);
}

/** An example in the editor, or with `.md` behind its name as it is. */
async function example({ req, env, var: { settings } }: Asked, name: string): Promise<Response> {
  const request = req.raw;
  const { exampleNamed } = await pages();
  const found = exampleNamed(name.replace(/\.md$/, ''));
  if (found === undefined) throw new Fault('not_found');
  if (name.endsWith('.md')) return sameForAll(request, 'text/markdown; charset=utf-8', found.text);
  const { editorPage } = await import('../editor/doors.ts');
  return editorPage({ request, env, settings }, { prompt: found.text });
}

/** Under which address somebody reads, and whether they must send a key to run something. */
function readerOf({ req, var: { settings } }: Asked): { origin: string; needsKey: boolean } {
  const isOwner = settings.localOwner && isLocalHost(req.raw, settings);
  return {
    origin: ownOrigin(req.raw, settings),
    needsKey: !isOwner && !settings.publicRuns,
  };
}
