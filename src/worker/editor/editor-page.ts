import { providerChoices } from '../../execute/model/providers.ts';
import { principalName } from '../principal/principal-name.ts';
import { providersFor } from '../account/user-providers.ts';
import type { ProviderChoice } from '../../normalize/request.ts';
import type { Problem } from '../../parse/problem.ts';
import { renderEditor } from '../../publish/render-editor.ts';
import { html } from '../../connect/responses.ts';
import { ownOrigins } from '../guards.ts';
import type { Env } from '../env.ts';
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

/** A request for the editor. */
export interface EditorAsked {
  readonly request: Request;
  readonly env: Env;
  readonly settings: Settings;
}

/** `GET /`: the editor, empty or filled by the query, which whoever made the link wrote. */
export async function showEditor(asked: EditorAsked): Promise<Response> {
  const { searchParams } = new URL(asked.request.url);
  if (searchParams.size === 0) return editorPage(asked, { prompt: '' });
  const prompt = filledPrompt(searchParams);
  return editorPage(asked, { prompt, isSuggested: prompt !== '' });
}

/**
 * The editor as a page. Which providers there are is told to who may run prompts with them.
 * @see spec/http-api.md
 */
export async function editorPage(
  asked: EditorAsked,
  opened: Opened,
  status = 200,
): Promise<Response> {
  const page = renderEditor({
    ...opened,
    files: editorFiles(),
    providers: await toldProviders(asked),
    ownOrigins: ownOrigins(asked.request, asked.settings),
  });
  return html(page, status);
}

async function toldProviders({
  request,
  env,
  settings,
}: EditorAsked): Promise<readonly ProviderChoice[]> {
  const principal = await runner(request, env, settings).catch(() => null);
  if (principal === null) return [];
  const providers = providerChoices(providersFor(settings, principalName(principal)));
  if (principal.kind !== 'anonymous') return providers;
  // Where the operator's own server is, is not everybody's.
  return providers.map(({ url: _url, ...provider }) => provider);
}
