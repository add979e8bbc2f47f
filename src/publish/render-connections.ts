import { pageHtml } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { buttonForm, factList, hostOf } from './page-form.ts';
import { siteLinks } from './page-links.ts';
import { timeHtml } from './time-html.ts';

/** A login that is there, as it may be shown. */
export interface ShownConnection {
  readonly id: string;
  readonly server: string;
  readonly issuer: string;
  readonly scope: string;
  readonly profile: string;
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  /** When it ends for good; null when it renews itself or nobody said. */
  readonly ends_at: number | null;
}

/** The logins of one person. */
export interface ConnectionsPage {
  readonly person: string;
  /** Whether signing out would change anything. */
  readonly hasSession: boolean;
  readonly connections: readonly ShownConnection[];
  /** The programs that may act for the person. */
  readonly programs: Markup;
}

/** Lists logins, ends them, begins new ones; works without scripts. */
export function renderConnections(page: ConnectionsPage): string {
  const { person, hasSession, connections, programs } = page;
  return pageHtml({
    title: 'Connections',
    links: siteLinks({ current: '/connections', hasSession }),
    main: markup`<header class="run"><h1>Connections</h1>
<p class="facts"><span>Logins to tool servers</span> <span>For ${person}</span></p></header>
${connections.length === 0 ? markup`<p class="quiet empty">There are none yet. A run that needs a login asks for it.</p>` : connections.map(connectionHtml)}
<section aria-labelledby="new"><h2 id="new">Log in to a tool server</h2>
<form class="editor" method="post" action="/connections">
<label for="url">Address of the server</label>
<input id="url" name="url" type="url" required placeholder="https://tools.example/mcp">
<label for="profile">Profile</label>
<input id="profile" name="profile" value="default" aria-describedby="hint">
<p id="hint" class="quiet">A prompt chooses its set of logins with <code>profile</code>.</p>
<button type="submit">Continue</button>
</form></section>
${programs}`,
  });
}

function connectionHtml(connection: ShownConnection): Markup {
  const { id, server, issuer, scope, profile, user, created_at, ends_at } = connection;
  const facts: [string, Markup | string][] = [
    ['Logged in at', issuer],
    ['Allows', scope === '' ? 'What the server decided' : scope],
    ['Profile', profile],
    ...(user === '' ? [] : ([['User', user]] satisfies [string, string][])),
    ['Since', timeHtml(created_at)],
    ['Ends', ends_at === null ? 'Goes on until you disconnect' : timeHtml(ends_at)],
  ];
  return markup`<section class="card" aria-label="${hostOf(server)}"><h2>${hostOf(server)}</h2>
<p class="address">${server}</p>
${factList(facts)}
${buttonForm(`/connections/${id}`, 'Disconnect', { action: 'disconnect' }, 'plain')}</section>
`;
}
