import { FAULTS } from '../../fault/fault.ts';
import { markup } from '../markup.ts';
import { docsPage } from './docs-page.ts';
import { sentence } from './sentence.ts';

/** Every code of the one table of faults. */
export function renderErrors(): string {
  const rows = Object.entries(FAULTS).map(
    ([code, { http, text }]) =>
      markup`<tr id="${code}"><td><code>${code}</code></td><td>${http}</td><td>${sentence(text)}</td></tr>
`,
  );
  return docsPage({
    path: '/docs/errors',
    title: 'Errors',
    lead: markup`Every error is <code>{"error": {"code", "message"}}</code>, and a run that failed has the same in <code>error</code>. Codes stay; sentences may change.`,
    contents: [],
    article: markup`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Code</th><th scope="col">HTTP</th><th scope="col">What it says</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
`,
  });
}
