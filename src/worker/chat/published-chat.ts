import type { ChatRequest } from '../../completions/chat-request.ts';
import { messagesMarkdown } from '../../completions/messages-markdown.ts';
import { Fault } from '../../fault/fault.ts';
import { answerChat } from '../../proxy/answer-chat.ts';
import type { ChatAnswerOptions } from '../../proxy/answer-chat.ts';
import type { PublishedAs } from '../../proxy/chat-run.ts';
import { runUrls } from '../../publish/run-urls.ts';
import { expiryOf } from '../post/create-run.ts';
import { runClient } from '../run/run-client.ts';
import { newRunId, ownerToken } from '../run/run-id.ts';
import { countedChat } from './chat-caller.ts';
import type { ChatAsked, ChatCaller } from './chat-caller.ts';
import { RunMirror } from './run-mirror.ts';

/** UTF-16 units of messages as JSON that a published run keeps. */
const MAX_KEPT = 4_194_304;

/**
 * Answers a chat completion. With `store: true` its run is published: it goes on in this request,
 * and an object shows its events and keeps them. Each counts for its caller like a run.
 * @throws Fault `rate_limited`, `unauthorized` for callers for whom this server keeps nothing, `too_large`
 * @see spec/completions.md CC-19
 */
export async function answerAsked(
  asked: ChatAsked,
  caller: ChatCaller,
  chat: ChatRequest,
  options: ChatAnswerOptions,
): Promise<Response> {
  const release = await countedChat(asked, caller, chat, options.id);
  if (chat.request.store !== true) return answerChat(chat, { ...options, onIdle: release });
  const { env, settings, request, waitUntil } = asked;
  const published = await publish(asked, caller, chat).catch((error: unknown) => {
    release();
    throw error;
  });
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const mirror = new RunMirror(runClient(env, published.id), () => stop.abort());
  const over = Promise.withResolvers<void>();
  // The end of a run whose caller went away is written after the request.
  waitUntil(over.promise);
  const response = await answerChat(chat, {
    ...options,
    signal,
    published,
    onEvent: (event) => mirror.take(event),
    onIdle: release,
    onEnd: (end) => mirror.finish(end).finally(() => over.resolve()),
  });
  const headers = new Headers(response.headers);
  headers.set('x-run-url', runUrls(caller.origin, published.id).html);
  headers.set('x-run-owner-token', await ownerToken(settings.idKey, published.id));
  return new Response(response.body, { status: response.status, headers });
}

/** Makes the object that shows the run. */
async function publish(
  { env, settings }: ChatAsked,
  caller: ChatCaller,
  { request, problems, user }: ChatRequest,
): Promise<PublishedAs> {
  if (!caller.canOwn && !settings.publicRuns) {
    // Keys of providers can be made up, and everybody could fill this server under its name.
    const message = 'store keeps a run on this server, which is for callers it knows.';
    throw new Fault('unauthorized', message);
  }
  const { messages } = request;
  if (JSON.stringify(messages).length > MAX_KEPT) {
    const message = `store keeps messages of at most ${MAX_KEPT} characters.`;
    throw new Fault('too_large', message, { detail: { max_characters: MAX_KEPT } });
  }
  const id = await newRunId(settings.idKey);
  const expires_at = expiryOf(request, Date.now());
  const published = { id, prompt: messagesMarkdown(messages), expires_at };
  await runClient(env, id).accept(
    { type: 'run-start', version: 1, ...published, request, problems },
    {
      principal: caller.canOwn ? caller.principal : null,
      is_suggested: caller.isSuggested,
      is_mirrored: true,
      user,
      origin: caller.origin,
      expires_at,
      address: null,
      has_key: false,
    },
  );
  return published;
}
