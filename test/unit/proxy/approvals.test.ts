/** Approvals on `/chat/completions`: asked in one answer, answered in the next request. */
import { describe, expect, it } from 'vitest';
import { readChatRequest, type ChatContext } from '../../../src/completions/chat-request.ts';
import type { Model, ModelCall } from '../../../src/execute/ports.ts';
import { isObject, type JsonObject } from '../../../src/protocol/json.ts';
import { answerChat } from '../../../src/proxy/answer-chat.ts';
import {
  calls,
  memoryServers,
  ports,
  says,
  scriptedModel,
  text,
  type MemoryTool,
} from '../../support/engine.ts';

const DOCS = 'https://docs.example/mcp';
const context: ChatContext = {
  providers: [{ id: 'openai', defaultModel: 'gpt-5' }],
  model: { provider: 'openai', model: 'gpt-5' },
};
const mcp = {
  type: 'mcp',
  server_label: 'docs',
  server_url: DOCS,
  require_approval: { always: { tool_names: ['drop', 'send'] } },
};
const user = { role: 'user', content: 'Tidy up.' };
const FIND = ['docs__find', { q: 'x' }] as const;
const DROP = ['docs__drop', { id: 1 }] as const;

function tools(description = 'Drops one.') {
  const made: string[] = [];
  const tool = (name: string): MemoryTool => ({
    name,
    description,
    run: (args) => {
      made.push(`${name} ${JSON.stringify(args)}`);
      return text(`${name} done`);
    },
  });
  return { made, servers: memoryServers({ [DOCS]: ['drop', 'send', 'find'].map(tool) }) };
}

async function answerOf(
  body: JsonObject,
  model: Model,
  servers = tools().servers,
  onUserMessage: (url: string, message: string) => void = () => {},
): Promise<Response> {
  const whole = { messages: [user], tools: [mcp], ...body };
  const chat = readChatRequest(whole, context);
  if ('message' in chat) throw new TypeError(chat.message);
  const { log: _log, ...all } = ports(model, { servers, isDirect: true, canAnswer: false });
  return answerChat(chat, {
    ports: all,
    signal: new AbortController().signal,
    id: 'chatcmpl-1',
    model: 'gpt-5',
    loginUrl: () => '',
    onUserMessage,
    refusal: () => null,
  });
}

/** The assistant's message, as a program keeps it in its conversation. */
async function messageOf(response: Response): Promise<JsonObject & { readonly mcp: JsonObject[] }> {
  expect(response.status).toBe(200);
  const body = (await response.json()) as {
    choices: [{ message: JsonObject; finish_reason: string }];
  };
  const [{ message, finish_reason }] = body.choices;
  expect(finish_reason).toBe('stop');
  const { mcp: items } = message;
  if (!Array.isArray(items)) throw new TypeError('The answer holds no items.');
  return { ...message, mcp: items.filter((item): item is JsonObject => isObject(item)) };
}

function requests(message: { readonly mcp: readonly JsonObject[] }): JsonObject[] {
  return message.mcp.filter(({ type }) => type === 'mcp_approval_request');
}

function answers(message: { readonly mcp: readonly JsonObject[] }, ...approve: boolean[]) {
  return requests(message).map(({ id = '' }, index) => ({
    type: 'mcp_approval_response',
    approval_request_id: id,
    approve: approve[index] ?? approve[0] ?? false,
  }));
}

function refused(messages: JsonObject[]): string {
  const read = readChatRequest({ messages, tools: [mcp] }, context);
  return 'message' in read ? `${read.param}: ${read.message}` : 'not refused';
}

const asking = (...more: (readonly [string, JsonObject])[]) =>
  scriptedModel([calls(DROP, ...more)]);
const going = () => scriptedModel([says('All tidy.')]);

describe('a call that wants approval', () => {
  it('is not made: the answer asks, with finish_reason stop, for every one of its turn', async () => {
    const { made, servers } = tools();
    const model = asking(['docs__send', {}], FIND);
    const message = await messageOf(await answerOf({}, model, servers));
    expect(requests(message)[0]?.['id']).toMatch(/^mcpr_[0-9a-f]{64}_c0$/);
    expect(requests(message)).toMatchObject([
      {
        type: 'mcp_approval_request',
        server_label: 'docs',
        name: 'drop',
        arguments: '{"id":1}',
      },
      { name: 'send', arguments: '{}' },
    ]);
    expect(made).toEqual(['find {"q":"x"}']);
    expect(message['content']).toContain('**May this call be made?** docs: drop');
    expect(model.asked).toHaveLength(1);
  });

  it('keeps the words of the model to themselves with view text, and streams its items once', async () => {
    const response = await answerOf({ stream: true, view: 'text' }, asking());
    const frames = (await response.text())
      .split('\n\n')
      .filter((frame) => frame.startsWith('data: {'));
    const chunks = frames.map((frame) => JSON.parse(frame.slice(6)) as { mcp?: JsonObject[] });
    expect(frames.join('')).not.toContain('May this call');
    expect(
      frames.filter((frame) =>
        frame.includes('"delta":{"mcp":[{"index":1,"type":"mcp_approval_request"'),
      ),
    ).toHaveLength(1);
    expect(chunks.at(-1)?.mcp).toHaveLength(2);
  });

  it('is told to the app that holds the request', async () => {
    const told: string[][] = [];
    await answerOf({}, asking(), tools().servers, (...said) => told.push(said));
    expect(told[0]?.[0]).toBe('https://docs.example/mcp');
    expect(told[0]?.[1]).toContain('drop of docs');
  });

  it('shows what hides in its arguments', async () => {
    const model = scriptedModel([calls(['docs__drop', { to: 'a\u202eb\u200b<img>```' }])]);
    const message = await messageOf(await answerOf({}, model));
    expect(message['content']).toContain('a⟨U+202E⟩b⟨U+200B⟩<img>');
    expect(requests(message)[0]?.['arguments']).toBe('{"to":"a\u202eb\u200b<img>```"}');
  });
});

describe('the next request', () => {
  const places: [string, (message: JsonObject, mcpAnswers: JsonObject[]) => JsonObject[]][] = [
    [
      'in the assistant turn',
      (message, said) => [{ ...message, mcp: [...(message['mcp'] as JsonObject[]), ...said] }],
    ],
    ['in the last message', (message, said) => [message, { role: 'user', content: '', mcp: said }]],
    [
      'in an assistant message',
      (message, said) => [message, { role: 'assistant', content: null, mcp: said }],
    ],
  ];

  it.each(places)('makes what was approved %s, then asks the model on', async (_, placed) => {
    const { made, servers } = tools();
    const message = await messageOf(await answerOf({}, asking(FIND), servers));
    made.length = 0;
    const model = going();
    const next = { messages: [user, ...placed(message, answers(message, true))] };
    const answer = await messageOf(await answerOf(next, model, servers));
    expect(made).toEqual(['drop {"id":1}']);
    expect(answer['content']).toContain('All tidy.');
    expect(answer.mcp.map(({ type, name }) => [type, name])).toEqual([
      ['mcp_list_tools', undefined],
      ['mcp_call', 'drop'],
    ]);
    expect(sentTo(model)).toEqual([
      user,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'c0', type: 'function', function: { name: 'docs__drop', arguments: '{"id":1}' } },
          { id: 'c1', type: 'function', function: { name: 'docs__find', arguments: '{"q":"x"}' } },
        ].toReversed(),
      },
      { role: 'tool', tool_call_id: 'c1', content: 'find done' },
      { role: 'tool', tool_call_id: 'c0', content: 'drop done' },
    ]);
  });

  it('tells the model what was denied, and calls nothing', async () => {
    const { made, servers } = tools();
    const message = await messageOf(await answerOf({}, asking(), servers));
    const model = going();
    const messages = [user, { ...message, mcp: [...message.mcp, ...answers(message, false)] }];
    await messageOf(await answerOf({ messages }, model, servers));
    expect(made).toEqual([]);
    expect(sentTo(model).at(-1)).toMatchObject({
      content: 'Error: The owner did not allow this call.',
    });
  });

  it('may allow one call and deny another, and goes through several rounds', async () => {
    const { made, servers } = tools();
    const first = await messageOf(await answerOf({}, asking(['docs__send', {}]), servers));
    const one = { ...first, mcp: [...first.mcp, ...answers(first, false, true)] };
    const second = await messageOf(
      await answerOf(
        { messages: [user, one] },
        scriptedModel([calls(['docs__drop', { id: 2 }])]),
        servers,
      ),
    );
    expect(made).toEqual(['send {}']);
    const two = { ...second, mcp: [...second.mcp, ...answers(second, true)] };
    const model = going();
    await messageOf(await answerOf({ messages: [user, one, two] }, model, servers));
    expect(made).toEqual(['send {}', 'drop {"id":2}']);
    expect(sentTo(model).map(({ role, content }) => [role, content])).toEqual([
      ['user', 'Tidy up.'],
      ['assistant', null],
      ['tool', 'Error: The owner did not allow this call.'],
      ['tool', 'send done'],
      ['assistant', null],
      ['tool', 'drop done'],
    ]);
  });

  it('makes nothing a second time that an answer after it holds already', async () => {
    const { made, servers } = tools();
    const first = await messageOf(await answerOf({}, asking(), servers));
    const one = { ...first, mcp: [...first.mcp, ...answers(first, true)] };
    const done = await messageOf(await answerOf({ messages: [user, one] }, going(), servers));
    const model = going();
    const more = { role: 'user', content: 'Thanks.' };
    await messageOf(await answerOf({ messages: [user, one, done, more] }, model, servers));
    expect(made).toEqual(['drop {"id":1}']);
    expect(sentTo(model)).toMatchObject([
      user,
      { role: 'assistant', content: null, tool_calls: [{ function: { name: 'docs__drop' } }] },
      { role: 'tool' },
      { role: 'assistant', content: 'All tidy.', refusal: null },
      more,
    ]);
  });

  it('gives back what the model had said before its calls, and the signature of its thoughts', async () => {
    const signature = { google: { thought_signature: 'sig' } };
    const model = scriptedModel([
      async function* () {
        yield { choices: [{ delta: { content: 'I will tidy.' } }] };
        const call = { index: 0, id: 'c9', function: { name: 'docs__drop', arguments: '' } };
        yield { choices: [{ delta: { tool_calls: [{ ...call, extra_content: signature }] } }] };
        yield { choices: [{ delta: {}, finish_reason: 'tool_calls' }] };
      },
    ]);
    const message = await messageOf(await answerOf({}, model));
    const next = going();
    const messages = [user, { ...message, mcp: [...message.mcp, ...answers(message, true)] }];
    await messageOf(await answerOf({ messages }, next));
    expect(sentTo(next)[1]).toMatchObject({
      content: 'I will tidy.',
      tool_calls: [{ id: 'c9', extra_content: signature, function: { arguments: '{}' } }],
    });
  });

  it('calls nothing that is not what was approved', async () => {
    const { servers } = tools();
    const message = await messageOf(await answerOf({}, asking(), servers));
    const said = answers(message, true);
    const changed = message.mcp.map((item) =>
      item['type'] === 'mcp_approval_request' ? { ...item, arguments: '{"id":2}' } : item,
    );
    const anew = tools('Drops everything.');
    for (const [items, place] of [
      [changed, tools()],
      [message.mcp, anew],
    ] as const) {
      const messages = [user, { ...message, mcp: [...items, ...said] }];
      const response = await answerOf({ messages }, going(), place.servers);
      expect(response.status).toBe(409);
      expect(await response.text()).toContain('approval_mismatch');
      expect(place.made).toEqual([]);
    }
  });

  it('tells the model of a tool that is gone, or that is not allowed any more', async () => {
    const message = await messageOf(await answerOf({}, asking()));
    const messages = [user, { ...message, mcp: [...message.mcp, ...answers(message, true)] }];
    const { made, servers } = tools();
    const model = going();
    const narrowed = { ...mcp, allowed_tools: ['find'] };
    await messageOf(await answerOf({ messages, tools: [narrowed] }, model, servers));
    expect(made).toEqual([]);
    expect(sentTo(model).at(-1)?.content).toContain('There is no tool named docs__drop.');
  });

  it('is asked about all but what says that it only reads, and only that is allowed', async () => {
    const { made } = tools();
    const tool = (name: string, readOnly: boolean): MemoryTool => ({
      name,
      readOnly,
      run: () => {
        made.push(name);
        return text(`${name} done`);
      },
    });
    const servers = memoryServers({ [DOCS]: [tool('find', true), tool('drop', false)] });
    const careful = { ...mcp, require_approval: { never: { read_only: true } } };
    const message = await messageOf(
      await answerOf({ tools: [careful] }, scriptedModel([calls(FIND, DROP), says('.')]), servers),
    );
    expect(made).toEqual(['find']);
    expect(message.mcp).toContainEqual(
      expect.objectContaining({ type: 'mcp_approval_request', name: 'drop' }),
    );
    const reading = { ...mcp, allowed_tools: { read_only: true } };
    const model = going();
    await messageOf(await answerOf({ tools: [reading] }, model, servers));
    expect(model.asked[0]?.tools.map((offered) => offered.function.name)).toEqual(['docs__find']);
  });

  it('is refused when it leaves a request unanswered or answers what nobody asked', async () => {
    const message = await messageOf(await answerOf({}, asking(['docs__send', {}])));
    const said = answers(message, true);
    const other = { ...said[0], approval_request_id: 'mcpr_x' };
    expect(refused([user, message])).toMatch(/^messages: Answer every/);
    expect(refused([user, { ...message, mcp: [...message.mcp, said[0] ?? {}] }])).toMatch(
      /Answer every/,
    );
    expect(refused([user, { ...message, mcp: [...message.mcp, ...said, other] }])).toMatch(
      /holds no mcp_approval_request mcpr_x/,
    );
  });

  it('takes yes and no together for no, and only true for yes', async () => {
    const { made, servers } = tools();
    const message = await messageOf(await answerOf({}, asking(), servers));
    const [yes = {}] = answers(message, true);
    for (const said of [[yes, { ...yes, approve: false }], [{ ...yes, approve: 'true' }]]) {
      const messages = [user, { ...message, mcp: [...message.mcp, ...said] }];
      await messageOf(await answerOf({ messages }, going(), servers));
    }
    expect(made).toEqual([]);
  });
});

function sentTo({ asked }: { readonly asked: readonly ModelCall[] }): ModelCall['messages'] {
  return asked[0]?.messages ?? [];
}
