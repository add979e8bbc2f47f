import { EventSourceParserStream } from 'eventsource-parser/stream';
import * as z from 'zod';
import { Browser } from './browser.ts';
import { everyToolOnce, type WantedCall } from './scripted-model.ts';

/** A server of the suite that a run of the product shall use. */
export interface Scene {
  /** Origin of the running product. */
  readonly origin: string;
  readonly serverUrl: string;
  readonly toolCalls: readonly WantedCall[];
}

/** Milliseconds that a run may take, logins and all. */
const RUN_MS = 60_000;

const CREATED = z.object({ id: z.string(), events_url: z.url(), owner_token: z.string() });
type Created = z.infer<typeof CREATED>;

const EVENT = z.discriminatedUnion('type', [
  z.object({ type: z.literal('action-required'), action_id: z.string() }),
  z.object({
    type: z.literal('run-end'),
    status: z.string(),
    error: z.object({ code: z.string(), message: z.string() }).nullish(),
  }),
]);

/**
 * Posts a prompt that names the server, and is its owner until the run has ended: logs in wherever
 * the run asks for it, and cancels the run when a login is refused.
 * @returns what happened, one line each; the last is how the run ended
 */
export async function play({ origin, serverUrl, toolCalls }: Scene): Promise<readonly string[]> {
  const happened: string[] = [];
  const browser = new Browser();
  const run = await posted(origin, `---\ntools: ${serverUrl}\n---\n\n${everyToolOnce(toolCalls)}`);
  for await (const event of eventsOf(run)) {
    if (event.type === 'run-end') {
      const { status, error } = event;
      happened.push(error == null ? status : `${status}: ${error.code}. ${error.message}`);
      continue;
    }
    const { status, url, text } = await browser.logIn(`${origin}/connect/${event.action_id}`);
    if (status < 400) {
      happened.push('logged in');
      continue;
    }
    happened.push(
      `login refused: ${status} at ${new URL(url).pathname.split('/')[1]} ${spoken(text)}`,
    );
    await fetch(`${origin}/${run.id}/cancel`, { method: 'POST', headers: ownerOf(run) });
  }
  return happened;
}

async function posted(origin: string, prompt: string): Promise<Created> {
  const response = await fetch(origin, {
    method: 'POST',
    body: prompt,
    headers: { 'content-type': 'text/markdown' },
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`The prompt was not taken: ${text}`);
  return CREATED.parse(JSON.parse(text));
}

async function* eventsOf(run: Created): AsyncGenerator<z.infer<typeof EVENT>> {
  const signal = AbortSignal.timeout(RUN_MS);
  const response = await fetch(run.events_url, { headers: ownerOf(run), signal });
  if (response.body === null) throw new Error(`No events of the run: ${response.status}`);
  const frames = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of frames) {
    const { success, data: event } = EVENT.safeParse(JSON.parse(data));
    if (success) yield event;
  }
}

function ownerOf({ owner_token }: Created): Record<string, string> {
  return { authorization: `Bearer ${owner_token}` };
}

/** The words of a page, for a person who looks why a scenario failed. */
function spoken(page: string): string {
  const main = /<main[\s\S]*<\/main>/.exec(page)?.[0] ?? page;
  return main
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}
