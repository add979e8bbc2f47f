import { EventSourceParserStream } from 'eventsource-parser/stream';

import type { ElicitAnswer } from '../execute/ports.ts';
import { Fault, FAULTS, type FaultCode } from '../fault/fault.ts';
import type { Problem } from '../parse/problem.ts';
import { isObject } from '../protocol/json.ts';
import type { RunEvent } from '../run/event.ts';
import { nodeNetwork } from '../node/node-network.ts';
import { printable } from './text-width.ts';
import { UsageError } from './usage-error.ts';

/** What the owner says about a call. */
interface Decision {
  readonly decision: 'approve' | 'deny';
}

/** What a server answers when it has taken a prompt. */
export interface AcceptedRun {
  /** The page, the Markdown and the JSON of the run, as the server spells their addresses. */
  readonly shown: readonly string[];
  /** The address of the run on the server that was named. */
  readonly url: string;
  readonly owner_token: string;
  readonly problems: readonly Problem[];
  /** The whole body as it came. */
  readonly body: unknown;
}

/** Broken connections in a row, with nothing heard between them, until we give up. */
const MAX_FAILURES = 5;

/** The server has problems with the text of the prompt. */
export class PromptRefused extends Error {
  override readonly name = 'PromptRefused';
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[]) {
    super(message);
    this.problems = problems;
  }
}

/**
 * A MarkdownOps server that the person at the command line named. Its address comes from them and
 * never from a prompt, so it may be anywhere, this machine included; its redirects are not
 * followed, because the key must go nowhere else.
 */
export class RemoteServer {
  readonly #base: URL;
  readonly #key: string | undefined;
  readonly #fetch = nodeNetwork().anywhere;

  /** @throws UsageError when `url` is not an http or https URL */
  constructor(url: string, key: string | undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new UsageError(`\`--remote ${url}\` is not an http or https URL.`);
    }
    this.#base = new URL(url);
    this.#key = key;
  }

  /**
   * Posts a prompt with its inputs and settings.
   * @throws PromptRefused when the prompt has problems; Fault for everything else
   */
  async post(body: object, signal: AbortSignal): Promise<AcceptedRun> {
    const response = await this.#send(this.#base.href, this.#key, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    return accepted(await response.json().catch(() => null), this.#base);
  }

  /** The events of a run as they happen, resumed where a broken connection stopped. */
  async *events(run: AcceptedRun, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const seen = { seq: 0, ended: false };
    for (let failures = 0; failures < MAX_FAILURES && !seen.ended; failures += 1) {
      const before = seen.seq;
      yield* this.#eventsAfter(seen, run, signal);
      if (seen.seq > before) failures = 0;
      if (!seen.ended) await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** failures));
    }
    if (seen.ended) return;
    throw new Fault('server_unreachable', 'The server stopped sending the events of the run.');
  }

  /** The run in one of its forms, or its answer without a word on how it ended, as its owner sees it. */
  async read(
    run: AcceptedRun,
    form: '.json' | '.txt' | '?key=output',
    signal: AbortSignal,
  ): Promise<string> {
    const response = await this.#send(run.url + form, run.owner_token, { signal });
    return response.text();
  }

  /** Ends the run. */
  async cancel(run: AcceptedRun): Promise<void> {
    await this.#send(`${run.url}/cancel`, run.owner_token, { method: 'POST' });
  }

  /** Answers what a tool asked in the middle of the run, or whether a call may be made. */
  async answer(
    run: AcceptedRun,
    action_id: string,
    answer: ElicitAnswer | Decision,
  ): Promise<void> {
    const body = JSON.stringify(answer);
    const headers = { 'content-type': 'application/json' };
    const url = `${run.url}/actions/${encodeURIComponent(action_id)}`;
    await this.#send(url, run.owner_token, { method: 'POST', headers, body });
  }

  /** The JSON that the server answers to whoever has the key. */
  async ask(path: string, init: OwnInit): Promise<unknown> {
    const headers = { accept: 'application/json', ...init.headers };
    const response = await this.#send(new URL(path, this.#base).href, this.#key, {
      ...init,
      headers,
    });
    return response.json().catch(() => null);
  }

  /** One connection; when it breaks, what has come so far has been noted in `seen`. */
  async *#eventsAfter(
    seen: { seq: number; ended: boolean },
    run: AcceptedRun,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent> {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(seen.seq) };
    const response = await this.#send(`${run.url}/events`, run.owner_token, { headers, signal });
    try {
      for await (const event of eventsIn(response)) {
        seen.seq = event.seq;
        seen.ended = event.type === 'run-end';
        yield event;
        if (seen.ended) return;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #send(url: string, bearer: string | undefined, init: OwnInit): Promise<Response> {
    const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const headers = { ...init.headers, ...authorization };
    let response: Response;
    try {
      response = await this.#fetch(url, { ...init, headers, redirect: 'manual' });
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      const message = `There is no answer from ${this.#base.host}. Is the server running, at that address?`;
      throw new Fault('server_unreachable', message, { cause });
    }
    if (response.ok) return response;
    throw await refusal(response, this.#base.host);
  }
}

type OwnInit = Pick<RequestInit, 'method' | 'body' | 'signal'> & {
  readonly headers?: Readonly<Record<string, string>>;
};

async function* eventsIn(response: Response): AsyncGenerator<RunEvent> {
  if (response.body === null) return;
  const frames = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of frames) {
    const event: unknown = JSON.parse(data);
    if (isRunEvent(event)) yield event;
  }
}

function isRunEvent(value: unknown): value is RunEvent {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['seq'] === 'number';
}

function accepted(body: unknown, base: URL): AcceptedRun {
  const { url, markdown_url, json_url, owner_token, problems }: Readonly<Record<string, unknown>> =
    isObject(body) ? body : {};
  if (typeof url !== 'string' || !URL.canParse(url, base.href)) {
    throw new Fault('internal', `${base.host} answers, but not as a MarkdownOps server.`);
  }
  return {
    shown: [url, markdown_url, json_url]
      .filter((address) => typeof address === 'string')
      .map(printable),
    // The owner token travels to this address, so it must be on the server that was named,
    // whatever public name the server has.
    url: new URL(new URL(url, base.href).pathname, base.href).href,
    owner_token: typeof owner_token === 'string' ? owner_token : '',
    problems: problemsOf(problems),
    body,
  };
}

async function refusal(response: Response, host: string): Promise<Error> {
  const body: unknown = await response.json().catch(() => null);
  const error = isObject(body) ? body['error'] : null;
  if (!isObject(error)) {
    return new Fault('internal', `${host} answered with HTTP ${response.status}.`);
  }
  const said = error['message'];
  const message = typeof said === 'string' ? said : `HTTP ${response.status}`;
  const problems = problemsOf(error['problems']);
  if (problems.length > 0) return new PromptRefused(message, problems);
  const code = error['code'];
  return new Fault(isFaultCode(code) ? code : 'internal', message);
}

function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === 'string' && Object.hasOwn(FAULTS, code);
}

/** Problems as the API spells them: `line` and `column` instead of `at`. */
function problemsOf(list: unknown): Problem[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map(({ code, severity, message, line, column, excerpt }) => ({
    code: String(code),
    severity: severity === 'warning' || severity === 'info' ? severity : 'error',
    message: String(message),
    ...(typeof line === 'number' && typeof column === 'number' ? { at: { line, column } } : {}),
    ...(typeof excerpt === 'string' ? { excerpt } : {}),
  }));
}
