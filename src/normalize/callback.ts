import { isObject } from '../protocol/json.ts';
import type { Given, Settings } from './given.ts';
import { checkSecret } from './headers.ts';
import type { CompletionRequest } from './request.ts';
import { normalizeSecrets } from './secrets.ts';
import { readList } from './setting-type.ts';

type Callback = NonNullable<CompletionRequest['callback']>;

/** What a callback may be told. */
export const CALLBACK_EVENTS: readonly string[] = ['completed', 'failed', 'action_required'];

/** Reads `callback`: a URL, or `{url, events}`. */
export function readCallback(settings: Settings): Callback | null {
  const given = settings.given('callback')[0];
  if (given === undefined) {
    return null;
  }
  const { value } = given;
  const url = isObject(value) ? value['url'] : value;
  const path = isObject(value) ? ['url'] : [];
  if (typeof url !== 'string' || !isUrl(normalizeSecrets(url))) {
    settings.wrong(given.place, 'must be an http(s) URL or {url, events}', path);
    return null;
  }
  if (!checkUrl(url, given, settings, path)) {
    return null;
  }
  const events = isObject(value) ? readEvents(value['events'], given, settings) : undefined;
  return { url: normalizeSecrets(url), ...(events === undefined ? {} : { events }) };
}

/** A URL, or one secret that holds it. */
function isUrl(text: string): boolean {
  return /^\$\{env:\w+\}$/.test(text) || (/^https?:\/\//i.test(text) && URL.canParse(text));
}

/** Each part of the path and each parameter on its own: a whole URL is never random. */
function checkUrl(
  url: string,
  given: Given,
  settings: Settings,
  path: readonly (string | number)[],
): boolean {
  return url
    .split(/[/?&]/)
    .map((part) => part.split('='))
    .every(([name = '', value]) =>
      checkSecret(value === undefined ? 'callback' : name, value ?? name, settings, {
        place: given.place,
        path,
      }),
    );
}

function readEvents(
  value: unknown,
  given: Given,
  settings: Settings,
): readonly string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  const list = readList(undefined, value);
  if ('wrong' in list || !list.value.every((event) => CALLBACK_EVENTS.includes(event))) {
    settings.wrong(given.place, `has events that are not of ${CALLBACK_EVENTS.join(', ')}`, [
      'events',
    ]);
    return undefined;
  }
  return list.value;
}
