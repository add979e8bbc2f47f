import type { OwnDocument } from '../execute/references/document-source.ts';
import type { Env } from './env.ts';
import { isRunId } from './run/run-id.ts';
import type { Settings } from './settings.ts';
import { publicView } from './snapshot/public-view.ts';

/**
 * Paths of this server that a run may use, answered in process and never over the network: the
 * demo tool server, the public view of another run, and the examples. Every other path of ours is refused, so
 * a prompt cannot make the server post prompts to itself.
 */
export function ownPaths(env: Env, settings: Settings) {
  return {
    /** As a tool server. */
    request: async (path: string, request: Request): Promise<Response | null> =>
      path === '/demo/mcp' ? ownServer(request) : null,
    /** As a context document. */
    document: async (path: string): Promise<OwnDocument | null> => {
      const example = /^\/examples\/([\w-]{1,64})\.md$/.exec(path)?.[1];
      if (example !== undefined) return exampleDocument(example);
      const id = /^\/(\w{32})(?:\.(?:md|txt|json|html))?$/.exec(path)?.[1];
      if (id === undefined || !(await isRunId(settings.idKey, id))) return null;
      const found = await publicView(env, id);
      if (found.found !== 'run') return null;
      return { text: found.value.view.output, mediaType: 'text/markdown' };
    },
  };
}

/** Loaded by who asks it: a start does not pay for it. */
async function exampleDocument(name: string): Promise<OwnDocument | null> {
  const { exampleNamed } = await import('./docs/pages.ts');
  const found = exampleNamed(name);
  return found === undefined ? null : { text: found.text, mediaType: 'text/markdown' };
}

/** The tool server of ours. Loaded by who asks it: a start does not pay for it. */
export async function ownServer(request: Request): Promise<Response> {
  const { demoMcp } = await import('../demo/demo-mcp.ts');
  return demoMcp(request);
}
