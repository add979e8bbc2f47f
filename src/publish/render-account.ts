import { pageHtml } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { buttonForm, factList, shownOnce, withCopies } from './page-form.ts';
import { siteLinks } from './page-links.ts';
import { timeHtml } from './time-html.ts';
import { visible } from './visible.ts';

/** A key that its user made, as it may be shown. Times are milliseconds since 1970. */
export interface ShownKey {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  /** Null when it was never used. */
  readonly used_at: number | null;
  /** Null when it does not end by itself. */
  readonly expires_at: number | null;
}

/** The account of the person who looks at it. */
export interface AccountPage {
  readonly person: string;
  readonly hasSession: boolean;
  /** Null for somebody who did not sign in elsewhere and makes no keys. */
  readonly keys: readonly ShownKey[] | null;
  /** When the OpenRouter key came; null without one, undefined where none can come. */
  readonly openrouter_at?: number | null;
  /** A key that was just made: shown this once. */
  readonly made?: { readonly name: string; readonly key: string };
}

/** Who one is, the keys, and their end; works without scripts. */
export function renderAccount(page: AccountPage): string {
  const { person, hasSession, keys, made } = page;
  return pageHtml({
    title: 'Account',
    head: made === undefined ? null : withCopies(),
    links: siteLinks({ current: '/account', hasSession }),
    main: markup`<header class="run"><h1>Account</h1>
<p class="facts"><span>For ${visible(person)}</span></p></header>
${made === undefined ? null : madeHtml(made)}
${page.openrouter_at === undefined ? null : openRouterHtml(page.openrouter_at)}
${keys === null ? markup`<p class="quiet empty">API keys are made in the settings of this server: <code>API_KEYS=name:key</code> gives one to somebody, <code>SIGN_IN</code> lets people sign in and make their own here. <a href="/docs">How a key is used</a></p>` : keysHtml(keys)}
`,
  });
}

function madeHtml({ name, key }: NonNullable<AccountPage['made']>): Markup {
  return markup`<section aria-labelledby="made"><h2 id="made">Your new key</h2>
<p>This is <strong>${visible(name)}</strong>. Copy it now: it is not shown again.</p>
${shownOnce(key, 'Copy the key')}</section>
`;
}

function openRouterHtml(at: number | null): Markup {
  const text =
    at === null
      ? markup`<p>There is no key of yours here. Sign in with OpenRouter again to run prompts.</p>
${buttonForm('/sign-in/openrouter', 'Sign in with OpenRouter', { return: '/account' })}`
      : markup`<p>Your prompts run with your own OpenRouter key, kept here since ${timeHtml(at)}. See <a href="https://openrouter.ai/settings/keys" rel="noopener noreferrer">your keys at OpenRouter</a> to limit or delete it.</p>
${buttonForm('/account/openrouter', 'Forget the key', { action: 'disconnect' }, 'plain')}`;
  return markup`<section aria-labelledby="openrouter"><h2 id="openrouter">OpenRouter</h2>
${text}</section>
`;
}

function keysHtml(keys: readonly ShownKey[]): Markup {
  return markup`<section aria-labelledby="keys"><h2 id="keys">API keys</h2>
<p class="quiet">Whoever has one runs prompts as you, with your logins.</p>
${keys.length === 0 ? markup`<p class="quiet">There are none yet.</p>` : keys.map(keyHtml)}
</section>
<section aria-labelledby="new"><h2 id="new">Make a key</h2>
<form class="editor" method="post" action="/account/keys">
<label for="name">Name</label>
<input id="name" name="name" required maxlength="64" placeholder="laptop">
<label for="days">Days until it ends</label>
<input id="days" name="expires_in_days" type="number" min="1" max="3650" aria-describedby="hint">
<p id="hint" class="quiet">Without a number it works until you revoke it.</p>
<button type="submit">Make a key</button>
</form></section>
<section aria-labelledby="sessions"><h2 id="sessions">Browsers</h2>
<p>Signs you out in every browser, this one too. API keys go on, and the programs at <a href="/connections">Connections</a>.</p>
${buttonForm('/account/sign-out', 'Sign out everywhere', {}, 'plain')}</section>
`;
}

function keyHtml({ id, name, created_at, used_at, expires_at }: ShownKey): Markup {
  return markup`<section aria-label="${visible(name)}"><h3>${visible(name)}</h3>
${factList([
  ['Made', timeHtml(created_at)],
  ['Last used', used_at === null ? 'Never' : timeHtml(used_at)],
  ['Ends', expires_at === null ? 'When you revoke it' : timeHtml(expires_at)],
])}
${buttonForm(`/account/keys/${id}`, 'Revoke', { action: 'revoke' }, 'plain')}</section>
`;
}
