import { RUN_STATUSES } from '../run/run.ts';
import type { RunStatus } from '../run/run.ts';
import { isoTime } from './iso-time.ts';
import { pageHtml } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { HERE, siteLinks } from './page-links.ts';
import { statusWords } from './run-words.ts';

/** A run as its principal's list shows it. */
export interface ShownRun {
  readonly id: string;
  readonly title: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly created_at: number;
}

/** A part of the runs of one person. */
export interface RunsPageContent {
  readonly person: string;
  /** Whether signing out would change anything. */
  readonly hasSession: boolean;
  readonly runs: readonly ShownRun[];
  /** The only status that is shown; null for all. */
  readonly status: RunStatus | null;
  /** Address of the next part; null at the end. */
  readonly next: string | null;
}

/** Runs that have expired leave the list. */
const FILTERS = RUN_STATUSES.filter((status) => status !== 'expired');

/** The runs of one person, the newest first; works without scripts. */
export function renderRuns({ person, hasSession, runs, status, next }: RunsPageContent): string {
  return pageHtml({
    title: 'Runs',
    links: siteLinks({ current: '/runs', hasSession }),
    main: markup`<header class="run"><h1>Runs</h1>
<p class="facts"><span>For ${person}</span></p></header>
<nav aria-label="Status" class="filter"><p class="facts">${filterLink(null, status)}
${FILTERS.map((filter) => filterLink(filter, status))}</p></nav>
${runs.length === 0 ? markup`<p class="quiet empty">There are none here. <a href="/">Write a prompt</a> and run it.</p>` : markup`<ul class="list">${runs.map(runHtml)}</ul>`}
${next === null ? null : markup`<p class="tools"><a rel="next" href="${next}">Older runs</a></p>`}
`,
  });
}

function filterLink(filter: RunStatus | null, chosen: RunStatus | null): Markup {
  const name = filter === null ? 'All' : statusWords(filter, 'owner');
  const href = filter === null ? '/runs' : `/runs?status=${filter}`;
  return markup`<span><a href="${href}"${filter === chosen ? HERE : null}>${name}</a></span>
`;
}

function runHtml({ id, title, status, created_at }: ShownRun): Markup {
  return markup`<li><a href="/${id}/own" dir="auto">${title}</a>
<p class="facts"><span class="status ${status}">${statusWords(status, 'owner')}</span> <span><time datetime="${isoTime(created_at)}">${isoTime(created_at).slice(0, 16).replace('T', ' ')} UTC</time></span></p></li>
`;
}
