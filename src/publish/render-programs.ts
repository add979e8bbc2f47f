import { markup, type Markup } from './markup.ts';
import { buttonForm, factList } from './page-form.ts';
import { programName, programText } from './program-name.ts';
import { scopeWords } from './scope-words.ts';
import { timeHtml } from './time-html.ts';

/** A program that may act for somebody, as it may be shown. */
export interface ShownProgram {
  readonly id: string;
  readonly clientId: string;
  /** As it calls itself. */
  readonly name: string;
  /** The host whose document says so; null where anybody could have said it. */
  readonly domain: string | null;
  readonly redirectHost: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly created_at: number;
  /** When it ends unless it is used before. */
  readonly ends_at: number;
}

/** The programs of one person, each with a button that ends it. */
export function programsHtml(programs: readonly ShownProgram[]): Markup {
  return markup`<section aria-labelledby="programs"><h2 id="programs">Programs that may act for you</h2>
${
  programs.length === 0
    ? markup`<p class="quiet">There are none. A program that wants to use this server as a tool asks you first.</p>
`
    : programs.map(programHtml)
}</section>
`;
}

function programHtml(program: ShownProgram): Markup {
  const { id, name, domain, redirectHost, scopes, created_at, ends_at } = program;
  return markup`<section aria-label="${programText(name)}"><h3>${programName(name)}</h3>
${factList([
  ['Named by', domain ?? 'itself'],
  ['Was sent to', redirectHost],
  ['May', markup`<ul>${scopeWords(scopes).map((words) => markup`<li>${words}</li>`)}</ul>`],
  ['Since', timeHtml(created_at)],
  ['Ends', timeHtml(ends_at)],
])}
${buttonForm(`/connections/programs/${id}`, 'End', { action: 'end' })}</section>
`;
}
