import type { JsonObject } from '../protocol/json.ts';
import type { RequiredAction } from '../run/required-action.ts';
import type { RunView } from '../run/view.ts';
import { inert } from './bounded.ts';
import { isoTime } from './iso-time.ts';
import { visible } from './visible.ts';
import { siteUrl, type RunUrls } from './run-urls.ts';

/** What a run waits for, as JSON; of what is not the reader's to do only that it is waited for. */
export function actionJson(
  { type, expires_at, own }: RequiredAction,
  urls: RunUrls | null,
): JsonObject {
  const known = { type, expires_at: isoTime(expires_at) };
  if (own === null) return known;
  if (own.call !== null) {
    const { id, server_label, server_url, message, call } = own;
    return { ...known, id, server_label, server_url, message, ...call };
  }
  const { connect_path, id, server_label, server_url, message, mode, schema, url } = own;
  const connect_url = connect_path === null || urls === null ? null : siteUrl(urls, connect_path);
  return { ...known, id, server_label, server_url, message, connect_url, mode, schema, url };
}

/** What the owner has to do, in words that tell nobody else more. */
export function ownersPart(type: RequiredAction['type']): string {
  const parts = { authorization: 'log in', elicitation: 'answer', approval: 'allow a call' };
  return parts[type];
}

/** The same in one line of text for a person. */
export function actionText({ type, own }: RequiredAction, urls: RunUrls | null): string {
  if (own === null) {
    return `The run waits for its owner to ${ownersPart(type)}.`;
  }
  const { connect_path, server_label, message, url, call } = own;
  const page = urls === null ? '' : ` ${urls.html}`;
  if (call !== null) {
    return `${oneLine(visible(message))} Read its arguments and answer on the page of the run.${page}`;
  }
  if (connect_path !== null) {
    return urls === null ? oneLine(message) : `${oneLine(message)} ${siteUrl(urls, connect_path)}`;
  }
  const place = urls === null ? '' : ` Answer at ${urls.html}`;
  const opened = url === null ? '' : ` (${oneLine(url)})`;
  return `${oneLine(server_label)} asks: ${oneLine(message)}${opened}${place}`;
}

/** Everything that a run waits for, one line each. */
export function actionNotes(view: RunView, urls: RunUrls | null): string[] {
  return view.required_actions.map((action) => actionText(action, urls));
}

function oneLine(text: string): string {
  return inert(text).replace(/\s+/g, ' ').trim();
}
