import { FAULTS, type FaultData } from '../fault/fault.ts';
import type { Problem } from '../parse/problem.ts';
import { OWN_SITE, pageHtml } from './layout.ts';
import type { Site } from './layout.ts';
import { markup } from './markup.ts';
import { problemList } from './page-problems.ts';
import { errorHtml } from './page-error.ts';

/** What an error page can say besides its fault. */
export interface ErrorPageOptions {
  /** HTTP status of the response; the fault's own when left out. */
  readonly status?: number;
  readonly problems?: readonly Problem[];
  /** Path of the page on which signing in helps; null where it does not. */
  readonly signIn?: string | null;
  readonly site?: Site;
}

/** A fault of any route as a page: never blank, and nothing about the inside of the server. */
export function renderErrorPage(fault: FaultData, options: ErrorPageOptions = {}): string {
  const status = options.status ?? FAULTS[fault.code].http;
  const problems = options.problems ?? [];
  const { signIn = null, site = OWN_SITE } = options;
  return pageHtml({
    site,
    title: 'Error',
    announcement: 'Error',
    main: markup`<header class="run"><h1>${status === 404 || status === 410 ? 'Not here' : 'That did not work'}</h1>
<p class="facts"><span class="status failed">${status}</span></p></header>
${errorHtml(fault)}
${problems.length === 0 ? null : problemList(problems)}
${
  signIn === null
    ? null
    : markup`<p><a href="${signIn}">Sign in with an API key</a></p>
`
}${
      site === OWN_SITE
        ? markup`<p><a href="/">Write a prompt</a></p>
`
        : null
    }`,
  });
}
