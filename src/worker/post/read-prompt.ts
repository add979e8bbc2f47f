import { Fault, FAULTS } from '../../fault/fault.ts';
import type { NormalizeInputs } from '../../normalize/request.ts';
import { isObject } from '../../protocol/json.ts';
import { nestsDeeperThan } from '../../protocol/json-depth.ts';
import { idempotencyKey } from './idempotency.ts';
import { jsonErrorOffset } from './json-place.ts';
import { checkedDocument, decoded, documentText, readBody } from './read-body.ts';

/** A prompt as it came in, whatever kind of body carried it. */
export interface PostedPrompt {
  readonly text: string;
  readonly inputs: NormalizeInputs;
  /** Whether it reads like the fields of a form that nobody encoded, and is taken as a document. */
  readonly isLikeForm?: boolean;
  /** Under which the same request again is the same run. */
  readonly idempotencyKey?: string;
  /** The caller's own name for the person it is for; only decides whose logins are used. */
  readonly user?: string;
  /** Whether a page of somebody else filled the editor that this comes from. */
  readonly isSuggested?: boolean;
  /** What its reader decided on the page that asks before it runs with their logins. */
  readonly confirmation?: { readonly token: string; readonly decision: string };
}

/** Query parameters and keys that steer the request itself and are no settings of the prompt. */
const NOT_SETTINGS = new Set([
  'prompt',
  'wait',
  'dry_run',
  'input',
  'idempotency_key',
  // A label inside the caller's own account.
  'user',
  'suggested',
  'confirm',
  'decision',
]);

/** Fields of a form that name one tool server. */
const OF_A_SERVER = new Set(['mcp_url', 'mcp_authorization']);

/** Levels of lists and maps in a JSON body, a field or a parameter; a schema needs the most. */
const MAX_DEPTH = 64;

/** A form as a whole: text with other characters is a prompt that `curl -d` sent. */
const FORM_BODY = /^[A-Za-z0-9*._+%=&-]+$/;

/** `curl -d 'prompt=Say hi' -d model=a/b`: neither space nor slash is encoded. */
const LIKE_FORM = /^(?:\w+=[^&\s]*&)?prompt=/;

/**
 * Reads the prompt of a POST.
 * @throws Fault `too_large`, `not_text`, `unsupported_media_type`, `invalid_json`, `bad_request`
 * @see spec/http-api.md, Run a prompt
 */
export async function readPrompt(request: Request): Promise<PostedPrompt> {
  const type = request.headers.get('content-type') ?? '';
  const posted = await readByType(request, type);
  const query = new URL(request.url).searchParams;
  const key = idempotencyKey([
    request.headers.get('idempotency-key'),
    query.get('idempotency_key'),
    posted.idempotencyKey ?? null,
  ]);
  const once = key === undefined ? {} : { idempotencyKey: key };
  const user = userOf(query.get('user') ?? posted.user ?? '');
  return { ...withOverrides(posted, settingsOf(query)), ...once, user };
}

/**
 * A label that stays inside the caller's principal: it can never reach somebody else's logins.
 * @throws Fault `bad_request`
 */
export function userOf(text: string): string {
  if (/^\P{Cc}{0,200}$/u.test(text)) return text;
  throw new Fault('bad_request', '"user" has at most 200 characters, and no control characters.');
}

async function readByType(request: Request, type: string): Promise<PostedPrompt> {
  const [media = ''] = type.toLowerCase().split(';');
  switch (media.trim()) {
    case 'application/json':
      return fromJson(decoded(await readBody(request)));
    case 'multipart/form-data':
      return fromMultipart(await readBody(request), type);
    case 'application/x-www-form-urlencoded':
      return fromUrlencoded(await readBody(request));
    default:
      if (!isText(media.trim(), type)) throw new Fault('unsupported_media_type');
      return document(documentText(await readBody(request)));
  }
}

/** Whether the body is of a kind that a plain HTML form sends with named fields. */
export function isForm(request: Request): boolean {
  const type = (request.headers.get('content-type') ?? '').toLowerCase();
  return /^(?:application\/x-www-form-urlencoded|multipart\/form-data) *(?:;|$)/.test(type);
}

/**
 * No type at all is text, and so is the one that says nothing, which programs write for any file; its
 * bytes tell. A charset other than UTF-8 is none that we read.
 */
function isText(media: string, type: string): boolean {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1]?.toLowerCase() ?? 'utf-8';
  const mayBeText = ['', 'application/octet-stream'].includes(media) || media.startsWith('text/');
  return mayBeText && ['utf-8', 'utf8', 'us-ascii'].includes(charset);
}

function document(text: string): PostedPrompt {
  return { text, inputs: { overrides: {} } };
}

function fromJson(text: string): PostedPrompt {
  const body = shallow(parseJson(text));
  if (!isObject(body)) throw new Fault('bad_request', 'The JSON body must be an object.');
  const { prompt, input, user, idempotency_key: key, ...rest } = body;
  if (typeof prompt !== 'string') {
    throw new Fault('bad_request', 'The JSON body needs a "prompt", which is a string.');
  }
  if (input !== undefined && !isObject(input)) {
    throw new Fault('bad_request', '"input" must be an object of input names and values.');
  }
  if (key !== undefined && typeof key !== 'string') {
    throw new Fault('bad_request', '"idempotency_key" must be a string.');
  }
  const overrides = Object.fromEntries(
    Object.entries(rest).filter(([name]) => !NOT_SETTINGS.has(name)),
  );
  return {
    text: checkedDocument(prompt),
    inputs: { overrides, ...(input === undefined ? {} : { input }) },
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(typeof user === 'string' ? { user } : {}),
  };
}

/**
 * The value itself: what reads, stores and shows it recurses, and must not go as deep as a sender likes.
 * @throws Fault `bad_request`
 */
function shallow(value: unknown): unknown {
  if (!nestsDeeperThan(value, MAX_DEPTH)) return value;
  throw new Fault('bad_request', `The JSON nests deeper than ${MAX_DEPTH} levels.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const before = text.slice(0, jsonErrorOffset(text)).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    const message = `${FAULTS.invalid_json.text} The mistake is at line ${line}, column ${column}.`;
    throw new Fault('invalid_json', message, { detail: { line, column }, cause });
  }
}

async function fromMultipart(bytes: Uint8Array, type: string): Promise<PostedPrompt> {
  // Fields are decoded leniently by the platform, so the rule about UTF-8 is applied before.
  decoded(bytes);
  const form = await new Response(bytes, { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw new Fault('bad_request', 'The multipart body cannot be read.', { cause });
    });
  const fields = new URLSearchParams();
  for (const [name, value] of form) {
    fields.append(name, typeof value === 'string' ? value : await value.text());
  }
  if (!fields.has('prompt')) throw new Fault('bad_request', 'The form has no field "prompt".');
  return fromFields(fields);
}

function fromUrlencoded(bytes: Uint8Array): PostedPrompt {
  const text = decoded(bytes);
  const fields = FORM_BODY.test(text) ? new URLSearchParams(text) : null;
  if (fields?.has('prompt') === true) return fromFields(fields);
  const posted = document(documentText(bytes));
  return LIKE_FORM.test(posted.text) ? { ...posted, isLikeForm: true } : posted;
}

function fromFields(fields: URLSearchParams): PostedPrompt {
  // Browsers end lines of form fields with CRLF.
  const text = checkedDocument((fields.get('prompt') ?? '').replaceAll('\r\n', '\n'));
  const overrides = overridesIn(fields);
  // An empty field of a form says nothing.
  const key = fields.get('idempotency_key') ?? '';
  const about = {
    ...(key === '' ? {} : { idempotencyKey: key }),
    isSuggested: fields.has('suggested'),
    user: fields.get('user') ?? '',
    confirmation: { token: fields.get('confirm') ?? '', decision: fields.get('decision') ?? '' },
  };
  const given = fields.get('input');
  if (given === null || given.trim() === '') return { text, inputs: { overrides }, ...about };
  const input = shallow(parseJson(given));
  if (!isObject(input)) throw new Fault('bad_request', 'The field "input" must be a JSON object.');
  return { text, inputs: { overrides, input }, ...about };
}

/**
 * The settings that fields or parameters give.
 * @throws Fault `bad_request`
 */
export function overridesIn(fields: URLSearchParams): Record<string, unknown> {
  return { ...settingsOf(fields), ...serverOf(fields) };
}

/**
 * `mcp_url` and `mcp_authorization` name one tool server. As in a document the second may only be
 * a reference to a secret: a token in it is the error `literal_secret`.
 */
function serverOf(fields: URLSearchParams): Record<string, unknown> {
  const server_url = fields.get('mcp_url') ?? '';
  if (server_url === '') return {};
  const authorization = fields.get('mcp_authorization') ?? '';
  const secret = authorization === '' ? {} : { authorization };
  return { tools: [{ type: 'mcp', server_url, ...secret }] };
}

/** Fields and query parameters as settings; an empty field of a form says nothing. */
function settingsOf(fields: URLSearchParams): Record<string, unknown> {
  const settings = new Map<string, unknown>();
  for (const [name, value] of fields) {
    if (!NOT_SETTINGS.has(name) && !OF_A_SERVER.has(name) && value !== '')
      settings.set(name, plainValue(value));
  }
  return Object.fromEntries(settings);
}

/** What a text field means where a setting is a number, a switch or a list. */
function plainValue(text: string): unknown {
  if (!/^(?:true|false|null|-?\d+(?:\.\d+)?|[[{].*)$/s.test(text)) return text;
  try {
    return shallow(JSON.parse(text));
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    return text;
  }
}

function withOverrides(
  posted: PostedPrompt,
  overrides: Readonly<Record<string, unknown>>,
): PostedPrompt {
  return {
    ...posted,
    inputs: { ...posted.inputs, overrides: { ...posted.inputs.overrides, ...overrides } },
  };
}
