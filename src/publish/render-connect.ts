import type { FaultData } from '../fault/fault.ts';
import { pageHtml } from './layout.ts';
import type { Site } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { buttonForm, factList, hostOf } from './page-form.ts';
import { errorHtml } from './page-error.ts';

/** A run that asked for a login. */
export interface AskingRun {
  readonly path: string;
  readonly title: string;
  /** Whether it goes on when the login is made; else it has ended. */
  readonly isWaiting: boolean;
}

/** The page of a login link. */
export interface ConnectPage {
  /** Path of the page itself. */
  readonly path: string;
  readonly site: Site;
  /** Address of the tool server as it may be shown. */
  readonly server: string;
  /** The authorization server; null when the login is made or cannot be. */
  readonly issuer: string | null;
  /** Where the browser goes; null like the issuer. */
  readonly sendsTo: string | null;
  /** What will be asked for. */
  readonly scopes: readonly string[];
  /** What the login that is there already allows. */
  readonly has: readonly string[];
  readonly profile: string;
  readonly user: string;
  /** Whose login it will be, in words. */
  readonly person: string;
  /** The run that asked; null when none did. */
  readonly run: AskingRun | null;
  readonly isDone: boolean;
  /** How the last attempt failed, or why there is none. */
  readonly fault: FaultData | null;
}

/** Shows what a login is for before it starts: nothing happens until the button is pressed. */
export function renderConnect(page: ConnectPage): string {
  const host = hostOf(page.server);
  const title = page.isDone ? 'You are logged in' : `Log in to ${host}`;
  return pageHtml({
    title: page.isDone ? 'Logged in' : 'Log in',
    announcement: title,
    site: page.site,
    main: markup`<header class="run"><h1>${title}</h1></header>
${page.fault === null ? null : errorHtml(page.fault)}
${page.isDone ? doneHtml(page, host) : null}${page.isDone || page.issuer === null ? null : offerHtml(page, host)}${factList(factsOf(page))}
`,
  });
}

function doneHtml({ run, site }: ConnectPage, host: string): Markup {
  if (site.connections === null) {
    return markup`<p>${site.name} may now use the tools of ${host} for you. You may close this page.</p>
`;
  }
  if (run === null)
    return markup`<p>Your runs may now use the tools of ${host}.</p>
`;
  const link = markup`<a href="${run.path}">${run.title}</a>`;
  if (!run.isWaiting)
    return markup`<p>Your runs may now use the tools of ${host}. Back to the run: ${link}.</p>
`;
  return markup`<p>The run goes on by itself: ${link}. You may close this page.</p>
`;
}

function askingHtml({ path, title, isWaiting }: AskingRun): Markup {
  const link = markup`<a href="${path}">${title}</a>`;
  return isWaiting
    ? markup` The run ${link} waits for it and then goes on by itself.`
    : markup` The run ${link} needed it and has ended; run it again after the login.`;
}

function offerHtml(page: ConnectPage, host: string): Markup {
  const issuer = hostOf(page.issuer ?? '');
  const place = hostOf(page.sendsTo ?? '');
  // Who asks must not hide behind a place that the reader knows.
  const who = place === issuer ? null : markup`, as <strong>${issuer}</strong> wants it,`;
  const button = buttonForm(page.path, page.fault === null ? `Log in at ${place}` : 'Try again');
  const sent = markup`<li>You are sent to <strong>${place}</strong>${who} and log in there. Your password stays there.</li>`;
  const { connections, name } = page.site;
  if (connections === null) {
    return markup`<p>${name} wants to use the tools of <strong>${host}</strong> for you.</p>
<ul>
${sent}
<li>${name} then keeps a key for <strong>${host}</strong>, encrypted, and can do there for you whatever the login allows.</li>
</ul>
<p class="notice" role="note">Log in only if you asked ${name} for this yourself and trust ${host}.</p>
${button}`;
  }
  const run = page.run === null ? null : askingHtml(page.run);
  return markup`<p>A tool server wants to know who you are.${run}</p>
<ul>
${sent}
<li>This server then keeps a key for <strong>${host}</strong>, encrypted. Your runs can do there whatever the login allows, with any prompt that names this server, and are not asked again.</li>
<li>You can end this at any time under <a href="${connections}">Connections</a>.</li>
</ul>
<p class="notice" role="note">Log in only if you started this run yourself and trust ${host}.</p>
${button}`;
}

function factsOf(page: ConnectPage): [string, Markup | string][] {
  const added = page.scopes.length === 0 ? 'What the server decides' : page.scopes.join(' ');
  const facts: [string, Markup | string][] = [
    ['Tool server', markup`<span class="address">${page.server}</span>`],
  ];
  if (page.issuer !== null) {
    facts.push(
      ['Authorization server', markup`<span class="address">${page.issuer}</span>`],
      ['Asks for', added],
    );
  }
  if (page.has.length > 0) facts.push(['Allowed so far', page.has.join(' ')]);
  facts.push(['Profile', page.profile]);
  if (page.user !== '') facts.push(['User', page.user]);
  return [...facts, ['For', page.person]];
}
