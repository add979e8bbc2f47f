import { providerChoices } from '../../execute/model/providers.ts';
import type { ProviderChoice } from '../../normalize/request.ts';
import type { Problem } from '../../parse/problem.ts';
import { renderEditor } from '../../publish/render-editor.ts';
import { html } from '../../connect/responses.ts';
import { ownOrigins } from '../guards.ts';
import { runner } from '../principal/principal.ts';
import type { Settings } from '../settings.ts';
import { filledPrompt } from './filled-prompt.ts';
import { editorFiles } from './page-file.ts';

/** What the editor is opened with. */
export interface Opened {
  readonly prompt: string;
  readonly problems?: readonly Problem[];
  /** Whether the text came from a link or a page of somebody else. */
  readonly isSuggested?: boolean;
  /** Where it was read from. */
  readonly source?: string;
}

/** `GET /`: the editor, empty or filled by the query, which whoever made the link wrote. */
export async function showEditor(request: Request, settings: Settings): Promise<Response> {
  const { searchParams } = new URL(request.url);
  if (searchParams.size === 0) return editorPage(request, settings, { prompt: '' });
  const prompt = filledPrompt(searchParams);
  return editorPage(request, settings, { prompt, isSuggested: prompt !== '' });
}

/**
 * The editor as a page. Which providers there are is told to who may run prompts with them.
 * @see spec/http-api.md
 */
export async function editorPage(
  request: Request,
  settings: Settings,
  opened: Opened,
  status = 200,
): Promise<Response> {
  const page = renderEditor({
    ...opened,
    files: editorFiles(),
    providers: await toldProviders(request, settings),
    ownOrigins: ownOrigins(request, settings),
  });
  return html(page, status);
}

async function toldProviders(
  request: Request,
  settings: Settings,
): Promise<readonly ProviderChoice[]> {
  const principal = await runner(request, settings).catch(() => null);
  if (principal === null) return [];
  const providers = providerChoices(settings.providers);
  if (principal.kind !== 'anonymous') return providers;
  // Where the operator's own server is, is not everybody's.
  return providers.map(({ url: _url, ...provider }) => provider);
}
