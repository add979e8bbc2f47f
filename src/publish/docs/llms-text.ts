import { settingsTable } from '../../normalize/settings-table.ts';
import type { Reader } from './curl.ts';
import { examples } from './examples.ts';
import { guideFor } from './guide.ts';
import type { Section } from './guide.ts';

/**
 * What a model has to know to use this server, and where the rest is.
 * @see https://llmstxt.org
 */
export function llmsText(reader: Reader): string {
  const { origin } = reader;
  const { use, format } = guideFor(reader);
  const links = examples().map(
    ({ name, title, shows }) => `- [${title}](${origin}/examples/${name}.md): ${shows}`,
  );
  return `# MarkdownOps

> A prompt is a Markdown document. POST it to ${origin}/ and get a URL where its run appears as Markdown, JSON and a page, while this server runs it against a language model with the tool servers (MCP, OpenAPI) and the pages that it names.

${use.map(paragraphs).join('\n\n')}

What a document may say:

${format.map(paragraphs).join('\n\n')}

All settings:

${settingsTable().replace(/\bsee (?:TOOL|IN|OUT|URL)\b/g, 'see above')}

## Documentation

- [API](${origin}/openapi.json): every address in machine form (OpenAPI 3.1)
- [API for people](${origin}/docs): the same as a page
- [Errors](${origin}/docs/errors): every code
- [Settings](${origin}/frontmatter.schema.json): JSON Schema of a document's settings

## Examples

${links.join('\n')}
`;
}

function paragraphs({ title, text }: Section): string {
  return `**${title}.** ${text}`;
}
