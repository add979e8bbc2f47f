import { isoTime } from './iso-time.ts';
import { markup, type Markup } from './markup.ts';

/** A time for people, to the second. `ms` is milliseconds since 1970. */
export function timeHtml(ms: number): Markup {
  const time = isoTime(ms);
  return markup`<time datetime="${time}">${time.slice(0, 10)} ${time.slice(11, 19)} UTC</time>`;
}
