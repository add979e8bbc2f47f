import { Fault } from '../../fault/fault.ts';
import { normalizePosted } from '../post/create-run.ts';
import { viewOf } from '../run/read-run.ts';
import type { RunRequest } from '../run/read-run.ts';
import { askerOf, isOwnRun } from '../run/run-asker.ts';
import { editorPage } from './editor-page.ts';
import { wholeConversation } from './whole-conversation.ts';

/**
 * `GET /{id}?edit`: the editor with the prompt of a run, as its reader may see it; of a run that goes
 * on from another one with the whole conversation. For everybody but its owner it is a document of
 * somebody else; what somebody else suggested to them stays that.
 * @throws Fault `not_found`, `gone`
 */
export async function editRun(asked: RunRequest): Promise<Response> {
  const view = await viewOf(asked);
  const { prompt, viewer } = view;
  if (prompt === null) throw new Fault('not_found', 'The prompt of this run is not shown.');
  const asker = await askerOf(asked).catch(() => null);
  const { request, settings } = asked;
  const principal = asker ?? { kind: 'anonymous' };
  const whole = await wholeConversation(view, async (text) =>
    normalizePosted({ text, inputs: {} }, { request, settings, principal }),
  );
  // Who may run nothing here did not make it either.
  const isOwn = viewer === 'owner' && asker !== null && (await isOwnRun(asked, asker, 'document'));
  return editorPage(asked, {
    prompt: whole?.text ?? prompt,
    source: `/${asked.id}`,
    isSuggested: !isOwn || whole?.usesMore === true,
  });
}
