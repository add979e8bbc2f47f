import type { OwnAction, WantedCall } from '../run/required-action.ts';
import type { RunView } from '../run/view.ts';
import { markup, type Markup } from './markup.ts';
import { visible } from './visible.ts';

/**
 * A call that its owner allows or not: server, tool and arguments as they are, whole, from left to
 * right, with nothing in them that cannot be seen and nothing read as HTML or Markdown.
 * @param action address that the decision is posted to
 */
export function approvalHtml(
  { server_label, server_url }: OwnAction,
  call: WantedCall,
  { action, view }: { readonly action: string; readonly view: RunView },
): Markup {
  const args = call.arguments.trim() === '' ? '{}' : call.arguments;
  const buttons = markup`<button name="decision" value="approve">Allow this call</button> <button class="plain" name="decision" value="deny">Do not allow</button>`;
  return markup`<h3>The model wants to call <code dir="ltr">${visible(call.tool)}</code></h3>
<p>Of <span dir="ltr">${visible(server_label)}</span> at <span class="address" dir="ltr">${visible(server_url)}</span>, with these arguments:</p>
<pre tabindex="0" dir="ltr"><code>${visible(args)}</code></pre>
${view.status === 'requires_action' ? markup`<form class="buttons" method="post" action="${action}">${buttons}</form>` : null}
`;
}
