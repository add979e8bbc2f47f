import { isObject } from '../../../protocol/json.ts';

/** What the server found out about an address. @see spec/http-api.md, Inspect */
export interface Inspected {
  readonly url: string;
  readonly ok: boolean;
  /** What it is, or why it is nothing. */
  readonly message: string | null;
  readonly bytes: number | null;
  readonly mediaType: string | null;
  readonly tokens: number | null;
  readonly tools: number | null;
  /** Whether somebody has to log in before the server tells anything. */
  readonly needsLogin: boolean;
  /** Whether the reader has a login for it. */
  readonly hasLogin: boolean;
  /** Whether the reader can log in here. */
  readonly canLogin: boolean;
  readonly profile: string;
}

/** What was asked, and how. */
export interface InspectionWish {
  readonly prompt: string;
  /** Whether somebody else wrote it: then nothing of the reader is used. */
  readonly isSuggested: boolean;
  /** Whether the reader asked for it, and their logins may be used as a run would. */
  readonly withLogins: boolean;
}

/**
 * Asks the server about the addresses of a prompt.
 * @throws Error whose message can be shown
 */
export async function inspect(wish: InspectionWish): Promise<readonly Inspected[]> {
  const flags = new URLSearchParams();
  if (wish.isSuggested) flags.set('suggested', '1');
  if (wish.withLogins) flags.set('with_logins', '1');
  const response = await window.fetch(`/inspect?${flags.toString()}`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/markdown', Accept: 'application/json' },
    body: wish.prompt,
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(messageIn(answer));
  const list = isObject(answer) ? answer['addresses'] : null;
  return Array.isArray(list) ? list.filter(isObject).map(inspectedIn) : [];
}

function messageIn(answer: unknown): string {
  const error = isObject(answer) ? answer['error'] : null;
  const message = isObject(error) ? error['message'] : null;
  return typeof message === 'string' ? message : 'The server did not answer.';
}

function inspectedIn(fields: Readonly<Record<string, unknown>>): Inspected {
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === 'string' ? value : null;
  };
  const number = (name: string) => {
    const value = fields[name];
    return typeof value === 'number' ? value : null;
  };
  return {
    url: text('url') ?? '',
    ok: fields['ok'] === true,
    message: text('message'),
    bytes: number('bytes'),
    mediaType: text('media_type'),
    tokens: number('tokens'),
    tools: number('tools'),
    needsLogin: fields['needs_login'] === true,
    hasLogin: fields['has_login'] === true,
    canLogin: fields['can_login'] === true,
    profile: text('profile') ?? 'default',
  };
}
