import { FAULTS, type FaultData } from '../fault/fault.ts';
import type { Problem } from '../parse/problem.ts';
import { OWN_SITE, pageHtml } from './layout.ts';
import type { Site } from './layout.ts';
import { counted } from './figures.ts';
import { Markup, markup } from './markup.ts';
import { problemList } from './page-problems.ts';
import { errorHtml } from './page-error.ts';

/** What an error page can say besides its fault. */
export interface ErrorPageOptions {
  /** HTTP status of the response; the fault's own when left out. */
  readonly status?: number;
  readonly problems?: readonly Problem[];
  /** Path of the page on which signing in helps; null where it does not. */
  readonly signIn?: string | null;
  /** Path of the run on whose page the form was that failed; null for none. */
  readonly run?: string | null;
  readonly site?: Site;
}

/** A fault of any route as a page: never blank, and nothing about the inside of the server. */
export function renderErrorPage(fault: FaultData, options: ErrorPageOptions = {}): string {
  const status = options.status ?? FAULTS[fault.code].http;
  const problems = options.problems ?? [];
  const { signIn = null, run = null, site = OWN_SITE } = options;
  return pageHtml({
    site,
    title: 'Error',
    announcement: 'Error',
    main: markup`<header class="run"><h1>${headingOf(fault, status)}</h1>
<p class="facts"><span class="status failed">${status}</span></p></header>
${errorHtml(withoutAdvice(fault))}
${adviceHtml(fault)}${problems.length === 0 ? null : problemList(problems)}
${site === OWN_SITE || signIn !== null ? linksHtml({ signIn, run, site }) : null}`,
  });
}

function headingOf({ code }: FaultData, status: number): string {
  if (status === 404) return 'Not here';
  if (status === 410) return 'Not here any more';
  if (code === 'rate_limited') return 'Too much at once';
  if (status === 401 || status === 403) return 'Not for everybody';
  return 'That did not work';
}

/** What {@link adviceHtml} says in words is not listed besides. */
function withoutAdvice(fault: FaultData): FaultData {
  if (adviceHtml(fault) === null) return fault;
  const { detail: _detail, ...rest } = fault;
  return rest;
}

/** When to try again, or what became of what was here. */
function adviceHtml({ code, detail = {} }: FaultData): Markup | null {
  const { retry_after, when, status, id } = detail;
  if (typeof retry_after === 'number') {
    return markup`<p>Try again in <strong>${counted(retry_after, 'second')}</strong>.</p>
`;
  }
  if (code !== 'gone' || typeof when !== 'string') return null;
  const what =
    status === 'rotated'
      ? 'It was given another address'
      : `It ended as ${String(status)}, and its time was over`;
  const next = typeof id === 'string' ? markup` <a href="/${id}">Go there</a>.` : null;
  return markup`<p>${what} on <time datetime="${when}">${when.slice(0, 10)} ${when.slice(11, 16)} UTC</time>.${next}</p>
`;
}

interface Links {
  readonly signIn: string | null;
  readonly run: string | null;
  readonly site: Site;
}

function linksHtml({ signIn, run, site }: Links): Markup {
  return markup`<p class="tools">${
    run === null
      ? null
      : markup`<a href="${run}">Back to the run</a>
`
  }${
    signIn === null
      ? null
      : markup`<a href="${signIn}">Sign in</a>
`
  }${site === OWN_SITE ? markup`<a href="/">Write a prompt</a>` : null}</p>
`;
}
