import type { JsonObject } from '../protocol/json.ts';
import type { RequiredAction } from '../run/required-action.ts';
import type { RunView } from '../run/view.ts';
import { inert } from './bounded.ts';
import { isoTime } from './iso-time.ts';
import { siteUrl, type RunUrls } from './run-urls.ts';

/** What a run waits for, as JSON; of what is not the reader's to do only that it is waited for. */
export function actionJson(
  { type, expires_at, own }: RequiredAction,
  urls: RunUrls | null,
): JsonObject {
  const known = { type, expires_at: isoTime(expires_at) };
  if (own === null) return known;
  const { connect_path, id, server_label, server_url, message, mode, schema, url } = own;
  const connect_url = connect_path === null || urls === null ? null : siteUrl(urls, connect_path);
  return { ...known, id, server_label, server_url, message, connect_url, mode, schema, url };
}

/** The same in one line of text for a person. */
export function actionText({ type, own }: RequiredAction, urls: RunUrls | null): string {
  if (own === null) {
    return `The run waits for its owner to ${type === 'authorization' ? 'log in' : 'answer'}.`;
  }
  const { connect_path, server_label, message, url } = own;
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
