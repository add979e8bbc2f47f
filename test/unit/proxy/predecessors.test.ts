/**
 * Defects that programs of this kind had before, each of which must not come back. Here is what shows
 * in the engine under the doors; `test/server/predecessors.test.ts` has what needs real servers.
 * Kept elsewhere, by name:
 *
 * - 429 and 401 turned into 200 with a broken stream: `answer-chat.test.ts`, `test/server/clients.test.ts`
 * - functions of the caller never returned: `completions/chunks.test.ts`, `test/server/clients.test.ts`
 * - `finish_reason` always `stop`: `completions/chunks.test.ts`
 * - an abort that is ignored: `answer-chat.test.ts`, `test/server/clients.test.ts`
 * - rendering of earlier answers fed back to the model: `completions/earlier-turns.test.ts`
 */
import { describe, expect, it } from 'vitest';
import { readChatRequest, type ChatContext } from '../../../src/completions/chat-request.ts';
import type { Model, ToolServers } from '../../../src/execute/ports.ts';
import { Fault } from '../../../src/fault/fault.ts';
import type { JsonObject } from '../../../src/protocol/json.ts';
import { answerChat } from '../../../src/proxy/answer-chat.ts';
import {
  calls,
  memoryServers,
  ports,
  says,
  scriptedModel,
  text,
  type MemoryTool,
  type Turn,
} from '../../support/engine.ts';

const context: ChatContext = {
  providers: [{ id: 'openai', defaultModel: 'gpt-5' }],
  model: { provider: 'openai', model: 'gpt-5' },
};

const mcp = (server_label: string) => ({
  type: 'mcp',
  server_label,
  server_url: `https://${server_label}.example/mcp`,
});

async function ask(body: JsonObject, model: Model, servers: ToolServers): Promise<Response> {
  const messages = [{ role: 'user', content: 'Hello.' }];
  const chat = readChatRequest({ messages, tools: [mcp('docs')], ...body }, context);
  if ('message' in chat) throw new TypeError(chat.message);
  const { log: _log, ...all } = ports(model, { servers, isDirect: true });
  return answerChat(chat, {
    ports: all,
    signal: new AbortController().signal,
    id: 'chatcmpl-1',
    model: 'gpt-5',
    loginUrl: String,
    refusal: () => null,
  });
}

/** Resolves for everybody once so many have come. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let come = 0;
  return () => {
    come += 1;
    if (come === count) resolve();
    return promise;
  };
}

const docs = (...tools: readonly MemoryTool[]) =>
  memoryServers({ 'https://docs.example/mcp': tools });
const search: MemoryTool = { name: 'search', run: ({ q }) => text(`found ${JSON.stringify(q)}`) };

describe('a defect of predecessors', () => {
  it('servers connected one after the other: all are connected at once', async () => {
    const met = meeting(3);
    const labels = ['one', 'two', 'three'];
    const all = memoryServers(
      Object.fromEntries(labels.map((label) => [`https://${label}.example/mcp`, [search]])),
    );
    const connect: ToolServers['connect'] = async (server, signal) => {
      await met();
      return all.connect(server, signal);
    };
    const response = await ask({ tools: labels.map(mcp) }, scriptedModel([says('Hi.')]), {
      connect,
    });
    expect(response.status).toBe(200);
  });

  it('calls made one after the other: those of one turn are made at once', async () => {
    const met = meeting(3);
    const slow: MemoryTool = { name: 'search', run: () => met().then(() => text('found')) };
    const wanted = [1, 2, 3].map((q) => ['docs__search', { q }] as const);
    const model = scriptedModel([calls(...wanted), says('Done.')]);
    const response = await ask({ view: 'text' }, model, docs(slow));
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Done.' } }] });
  });

  it.each([true, false])(
    'a server that does not start skipped in silence: it is an error that names it (stream: %s)',
    async (stream) => {
      const dead = memoryServers({ 'https://docs.example/mcp': new Fault('server_unreachable') });
      const model = scriptedModel([says('I have no tools.')]);
      const response = await ask({ stream }, model, dead);
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { code: 'server_unreachable' } });
      expect(model.asked).toHaveLength(0);
    },
  );

  it.each(['', 'null', '   '])('calls without arguments dropped: %j is {}', async (args) => {
    const given: JsonObject[] = [];
    const now: MemoryTool = {
      name: 'now',
      run: (got) => {
        given.push(got);
        return text('noon');
      },
    };
    const model = scriptedModel([callsWith('docs__now', args), says('Noon.')]);
    const response = await ask({ view: 'text' }, model, docs(now));
    expect(await response.json()).toMatchObject({
      choices: [
        {
          message: {
            content: 'Noon.',
            mcp: [{}, { name: 'now', arguments: '{}', output: 'noon' }],
          },
        },
      ],
    });
    expect(given).toEqual([{}]);
  });

  it('no limit of steps: a model that calls tools for ever is stopped and the caller told', async () => {
    const model = scriptedModel([calls(['docs__search', { q: 'x' }])]);
    const response = await ask({ max_steps: 3 }, model, docs(search));
    expect(model.asked).toHaveLength(3);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'max_steps' } });
    const streamed = await ask({ max_steps: 3, stream: true }, model, docs(search));
    expect(await streamed.text()).toContain('"code":"max_steps"');
  });

  it('names over 64 characters or alike: every tool has a name of its own that leads to it', async () => {
    const long = 'a_tool_with_a_very_long_name_'.repeat(4);
    const names = [`${long}1`, `${long}2`, 'a.b', 'a/b', 'a_b', 'über'];
    const tools = names.map((name): MemoryTool => ({ name, run: () => text(`I am ${name}`) }));
    const model = scriptedModel([
      (call, signal) =>
        calls(...call.tools.map((tool) => [tool.function.name, {}] as const))(call, signal),
      says('Done.'),
    ]);
    const response = await ask({}, model, docs(...tools));
    const offered = model.asked[0]?.tools.map((tool) => tool.function.name) ?? [];
    expect(new Set(offered).size).toBe(names.length);
    expect(offered.filter((name) => !/^[\w-]{1,64}$/.test(name))).toEqual([]);
    const said = JSON.stringify(await response.json());
    for (const name of names) expect(said).toContain(`I am ${name}`);
  });

  it('images pasted as base64 text: the model gets an image, the caller a word', async () => {
    const url = 'data:image/png;base64,AAAA';
    const draw: MemoryTool = {
      name: 'draw',
      run: () => ({ isError: false, parts: [{ type: 'image_url', image_url: { url } }] }),
    };
    const model = scriptedModel([calls(['docs__draw', {}]), says('A cat.')]);
    const response = await ask({}, model, docs(draw));
    expect(await response.text()).not.toContain('base64');
    const sent = model.asked[1]?.messages ?? [];
    expect(JSON.stringify(sent.filter(({ role }) => role === 'tool'))).not.toContain('base64');
    expect(sent.at(-1)?.content).toContainEqual({ type: 'image_url', image_url: { url } });
  });

  it('rendering fed back to the model: it is sent its own words and the plain results', async () => {
    const once: Turn = async function* () {
      yield { choices: [{ delta: { content: 'Let me look.' } }] };
      yield* calls(['docs__search', { q: 'x' }])(
        { provider: '', model: '', messages: [], tools: [], parameters: {} },
        new AbortController().signal,
      );
    };
    const model = scriptedModel([once, says('Done.')]);
    const response = await ask({}, model, docs(search));
    expect(await response.text()).toContain('<details>');
    expect(model.asked[1]?.messages.slice(1)).toMatchObject([
      { role: 'assistant', content: 'Let me look.' },
      { role: 'tool', content: 'found "x"' },
    ]);
  });

  it('usage in a chunk with words dropped: it counts', async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
    const together: Turn = async function* () {
      yield { choices: [{ delta: { content: 'Hi.' }, finish_reason: 'stop' }], usage };
    };
    const response = await ask({ view: 'text' }, scriptedModel([together]), docs(search));
    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: 'Hi.' } }],
      usage,
    });
  });

  it('details of usage dropped: those of the cache and of reasoning are summed', async () => {
    const turn = (wants: boolean): Turn =>
      async function* () {
        const call = { index: 0, id: 'c', function: { name: 'docs__search', arguments: '{}' } };
        const delta = wants ? { tool_calls: [call] } : { content: 'Hi.' };
        const counts = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
        const usage = {
          ...counts,
          prompt_tokens_details: { cached_tokens: 5 },
          ...(wants ? { completion_tokens_details: { reasoning_tokens: 1 } } : {}),
        };
        yield { choices: [{ delta, finish_reason: 'stop' }], usage };
      };
    const response = await ask({}, scriptedModel([turn(true), turn(false)]), docs(search));
    expect(await response.json()).toMatchObject({
      usage: {
        total_tokens: 18,
        prompt_tokens_details: { cached_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
  });
});

function callsWith(name: string, args: string): Turn {
  return async function* () {
    const call = { index: 0, id: 'c', function: { name, arguments: args } };
    yield { choices: [{ delta: { tool_calls: [call] }, finish_reason: 'stop' }] };
  };
}
