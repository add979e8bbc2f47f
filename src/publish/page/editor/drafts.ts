import { isObject } from '../../../protocol/json.ts';

/** A document that was typed and kept in this browser alone. */
export interface Draft {
  readonly id: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether somebody else wrote the document that was changed here: it stays theirs. */
  readonly isSuggested: boolean;
}

/** The part of `localStorage` that is used. */
export type DraftPlace = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'drafts';
const MOST = 12;

/** UTF-16 code units of all drafts; a browser gives a site some five million. */
const MOST_TEXT = 1_500_000;

/** The drafts of this browser, the newest first. What cannot be kept is not: typing goes on. */
export class Drafts {
  readonly #place: DraftPlace;

  constructor(place: DraftPlace) {
    this.#place = place;
  }

  /** Read each time: another tab may have written. */
  all(): readonly Draft[] {
    try {
      const kept: unknown = JSON.parse(this.#place.getItem(KEY) ?? '[]');
      return (Array.isArray(kept) ? kept : []).flatMap(draftIn).toSorted((a, b) => b.at - a.at);
    } catch {
      return [];
    }
  }

  /** Keeps a draft in place of the one with its id; the oldest make room. */
  keep(draft: Draft): void {
    const others = this.all().filter(({ id }) => id !== draft.id);
    let room = MOST_TEXT;
    const kept = [draft, ...others].slice(0, MOST).filter(({ text }) => {
      room -= text.length;
      return room >= 0;
    });
    this.#write(kept);
  }

  remove(id: string): void {
    this.#write(this.all().filter((draft) => draft.id !== id));
  }

  #write(drafts: readonly Draft[]): void {
    try {
      this.#place.setItem(KEY, JSON.stringify(drafts));
    } catch {
      // The browser has no room, or keeps nothing for this window.
    }
  }
}

function draftIn(value: unknown): Draft[] {
  if (!isObject(value)) return [];
  const { id, text, at, isSuggested } = value;
  if (typeof id !== 'string' || typeof text !== 'string' || typeof at !== 'number') return [];
  // What does not say that it is the reader's own is not.
  return [{ id, text, at, isSuggested: isSuggested !== false }];
}

/** What a draft is called: its first line of prose, else its first line. */
export function draftTitle(text: string): string {
  const body = text.replace(/^---\n[\s\S]*?\n---(?:\n|$)/, '');
  const lines = (body.trim() === '' ? text : body).split('\n').map((line) => line.trim());
  const title = lines.find((line) => /[\p{L}\p{N}]/u.test(line) && !/^@\S+$/.test(line));
  return (title ?? lines.find((line) => line !== '') ?? 'Empty').replace(/^#+ */, '').slice(0, 80);
}

/** Such as `5 minutes ago`, in English like the page. */
export function ago(at: number, now: number): string {
  const minutes = Math.max(0, Math.round((now - at) / 60_000));
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (minutes < 1) return 'just now';
  if (minutes < 60) return format.format(-minutes, 'minute');
  if (minutes < 1440) return format.format(-Math.round(minutes / 60), 'hour');
  return format.format(-Math.round(minutes / 1440), 'day');
}
