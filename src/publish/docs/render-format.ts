import { settingsTable } from '../../normalize/settings-table.ts';
import { markdownHtml } from '../markdown-html.ts';
import { markup } from '../markup.ts';
import type { Reader } from './curl.ts';
import { docsPage, sectionsHtml } from './docs-page.ts';
import { guideFor } from './guide.ts';

/** Where the guide says what the table calls `see …`. */
const SEE: Readonly<Record<string, string>> = {
  TOOL: 'tool servers',
  IN: 'variables',
  OUT: 'answers',
  URL: 'context',
};

/** The format of a prompt: the guide and the table of settings. */
export function renderFormat(reader: Reader): string {
  const { format } = guideFor(reader);
  const table = settingsTable().replace(
    /\bsee (TOOL|IN|OUT|URL)\b/g,
    (_, name: string) => `see ${SEE[name] ?? name}`,
  );
  return docsPage({
    path: '/docs/prompt-format',
    title: 'The prompt format',
    lead: markup`A prompt is a Markdown document. <a href="/examples">Examples</a> show it at work; <a href="/frontmatter.schema.json">a JSON Schema</a> lets editors complete its settings.`,
    contents: [
      ...format.map(({ id, title }) => ({ id, title })),
      { id: 'settings', title: 'All settings' },
    ],
    article: markup`${sectionsHtml(format)}<section class="piece settings" id="settings" aria-labelledby="settings-title">
<h2 id="settings-title"><a href="#settings">All settings</a></h2>
<p>Written in any case (<code>max-steps</code>, <code>maxSteps</code>) and by any of their names. Those of a request win over those of the document.</p>
${markdownHtml(table)}</section>
`,
  });
}
