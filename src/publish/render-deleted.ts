import { pageHtml } from './layout.ts';
import { markup } from './markup.ts';

/** What the owner of a run sees who has deleted it. */
export function renderDeleted(): string {
  return pageHtml({
    title: 'Deleted',
    announcement: 'The run is deleted',
    main: markup`<header class="run"><h1>The run is deleted</h1></header>
<p>Its address leads nowhere now, for you too.</p>
<p class="tools"><a href="/">Write a prompt</a> <a href="/runs">Your runs</a></p>
`,
  });
}
