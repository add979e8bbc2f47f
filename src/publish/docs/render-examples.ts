import { plainText } from '../markdown-html.ts';
import { markup } from '../markup.ts';
import type { Markup } from '../markup.ts';
import { keyOption } from './curl.ts';
import type { Reader } from './curl.ts';
import { docsPage } from './docs-page.ts';
import { examples } from './examples.ts';
import type { Example } from './examples.ts';

/** The examples, each with the link that puts it into the editor. */
export function renderExamples(reader: Reader): string {
  const all = examples();
  return docsPage({
    path: '/examples',
    title: 'Examples',
    lead: 'Prompts that each show one thing. Open one, change it, run it; opening runs nothing. All of them run on a server without any model too.',
    contents: all.map(({ name, title }) => ({ id: name, title })),
    article: all.map((example) => exampleHtml(example, reader)),
  });
}

function exampleHtml({ name, title, shows, text }: Example, reader: Reader): Markup {
  const { origin } = reader;
  const command = `curl ${origin}/examples/${name}.md | curl ${keyOption(reader)}--data-binary @- ${origin}/`;
  return markup`<section class="piece" id="${name}" aria-labelledby="${name}-title">
<h2 id="${name}-title"><a href="#${name}">${title}</a></h2>
<p>${shows}</p>
${plainText(text)}<p class="ways"><a class="button" href="/examples/${name}" aria-label="Open in the editor: ${title}">Open in the editor</a> <a href="/examples/${name}.md" aria-label="Markdown: ${title}">Markdown</a></p>
<details><summary>From a terminal</summary>${plainText(command)}</details>
</section>
`;
}
