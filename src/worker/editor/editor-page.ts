import { providerChoices } from '../../execute/model/providers.ts';
import type { Problem } from '../../parse/problem.ts';
import { renderEditor } from '../../publish/render-editor.ts';
import { html } from '../../connect/responses.ts';
import { ownOrigins } from '../guards.ts';
import { runner } from '../principal/principal.ts';
import type { Settings } from '../settings.ts';
import { editorFiles } from './page-file.ts';

/** What the editor is opened with. */
export interface Opened {
  readonly prompt: string;
  readonly problems?: readonly Problem[];
  /** Whether the text came from a link or a page of somebody else. */
  readonly isSuggested?: boolean;
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
    providers: (await mayRun(request, settings)) ? providerChoices(settings.providers) : [],
    ownOrigins: ownOrigins(request, settings),
  });
  return html(page, status);
}

async function mayRun(request: Request, settings: Settings): Promise<boolean> {
  return await runner(request, settings).then(
    () => true,
    () => false,
  );
}
