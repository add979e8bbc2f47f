import { markup, type Markup } from '../publish/markup.ts';
import type { LoginPlan } from '../login/login.ts';
import { visible } from './text-width.ts';

/** What the person at the browser is asked before they are sent away. */
export function askingPage({ target, issuer, scopes, has_scopes }: LoginPlan): string {
  const asked = scopes.length === 0 ? null : scopeList('It will be asked for:', scopes);
  const had = has_scopes.length === 0 ? null : scopeList('You already allowed:', has_scopes);
  const { host } = new URL(target.url);
  return page(
    `Log in to ${host}`,
    markup`<p>A prompt that you run with <code>mdops</code> wants to use this tool server as you:</p>
<p><code>${visible(target.url)}</code></p>
<p>You log in at <strong>${visible(hostOf(issuer))}</strong>.</p>
${asked}${had}
<p>Whoever's prompts you run with <code>mdops</code> on this machine may then use what you allow there. <code>mdops logout</code> ends it.</p>
<form method="post"><button>Go to ${visible(hostOf(issuer))}</button></form>`,
  );
}

/** A page that only says something. */
export function sayingPage(title: string, text: string): string {
  return page(title, markup`<p>${visible(text)}</p>`);
}

/** The host of an address, or the text itself when it is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function scopeList(title: string, scopes: readonly string[]): Markup {
  const items = scopes.map((scope) => markup`<li><code>${visible(scope)}</code></li>`);
  return markup`<p>${title}</p><ul>${items}</ul>`;
}

function page(title: string, body: Markup): string {
  return markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`.html;
}
