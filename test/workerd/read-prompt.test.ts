import { describe, expect, it } from 'vitest';
import { preferred } from '../../src/connect/accept.ts';
import { readPrompt } from '../../src/worker/post/read-prompt.ts';

const FORM = 'application/x-www-form-urlencoded';

function posted(body: string, type: string, query = '') {
  const headers = { 'content-type': type };
  return readPrompt(new Request(`https://a.example/${query}`, { method: 'POST', body, headers }));
}

describe('settings beside a prompt', () => {
  it('keep the types that JSON gives them, and steer words are none of them', async () => {
    const body = JSON.stringify({
      prompt: 'p',
      wait: 5,
      temperature: 0.5,
      tools: ['a'],
      store: false,
    });
    const { inputs } = await posted(body, 'application/json');
    expect(inputs.overrides).toEqual({ temperature: 0.5, tools: ['a'], store: false });
  });

  it('become numbers, switches and lists where text looks like one', async () => {
    const query = '?temperature=0.5&store=false&tools=["a"]&model=gpt-5&name=007&wait=5&dry_run=1';
    const { inputs } = await posted('p', 'text/plain', query);
    expect(inputs.overrides).toEqual({
      temperature: 0.5,
      store: false,
      tools: ['a'],
      model: 'gpt-5',
      name: '007',
    });
  });

  it('and inputs named like what every object has arrive under their names', async () => {
    const input = '{"__proto__": {"a": 1}, "toString": 2}';
    const { inputs } = await posted('p', 'text/plain', '?__proto__=x');
    expect(Object.entries(inputs.overrides ?? {})).toEqual([['__proto__', 'x']]);
    const form = await posted(`prompt=p&input=${encodeURIComponent(input)}`, FORM);
    expect(JSON.stringify(form.inputs.input)).toBe('{"__proto__":{"a":1},"toString":2}');
    const body = `{"prompt": "p", "input": ${input}, "__proto__": 3}`;
    const json = await posted(body, 'application/json');
    expect(JSON.stringify(json.inputs)).toBe(
      '{"overrides":{"__proto__":3},"input":{"__proto__":{"a":1},"toString":2}}',
    );
  });

  it('of the query are stronger than those of the body', async () => {
    const { inputs } = await posted('prompt=p&model=a&name=', FORM, '?model=b');
    expect(inputs.overrides).toEqual({ model: 'b' });
  });

  it('of a form that is not encoded are a part of the document, which is known to look like one', async () => {
    for (const body of ['prompt=Say hi', 'prompt=Hi&model=openai/gpt-5', 'model=a/b&prompt=Hi']) {
      expect(await posted(body, FORM)).toMatchObject({ text: body, isLikeForm: true });
    }
    for (const body of ['Say hi', 'Set prompt=1 & go', 'prompt = 1']) {
      expect(await posted(body, FORM)).not.toHaveProperty('isLikeForm');
    }
    expect(await posted('prompt=Say hi', 'text/plain')).not.toHaveProperty('isLikeForm');
  });

  it('of a form name one tool server with mcp_url', async () => {
    const form = 'prompt=p&mcp_url=https%3A%2F%2Fa.example%2Fmcp&mcp_authorization=x';
    const { inputs } = await posted(form, FORM);
    expect(inputs.overrides).toEqual({
      tools: [{ type: 'mcp', server_url: 'https://a.example/mcp', authorization: 'x' }],
    });
  });

  it.each([
    ['{"prompt": "p", "idempotency_key": "k", "user": "u"}', 'application/json', ''],
    ['prompt=p&idempotency_key=k&user=u', FORM, ''],
    ['p', 'text/plain', '?idempotency_key=k&user=u'],
  ])('know an idempotency key and a user label from settings: %s', async (body, type, query) => {
    const { inputs, idempotencyKey, user } = await posted(body, type, query);
    expect(inputs.overrides).toEqual({});
    expect([idempotencyKey, user]).toEqual(['k', 'u']);
  });

  it('never change what an object inherits', async () => {
    const { inputs } = await posted(
      '{"prompt": "p", "__proto__": {"model": "x"}}',
      'application/json',
    );
    expect(Object.getPrototypeOf(inputs.overrides)).toBe(Object.prototype);
    expect(inputs.overrides?.['model']).toBeUndefined();
  });
});

describe('JSON that nests without end', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000);

  it.each([
    [`{"prompt": "p", "input": {"a": ${deep}}}`, 'application/json', ''],
    [`{"prompt": "p", "x": ${deep}}`, 'application/json', ''],
    [`prompt=p&temperature=${encodeURIComponent(deep)}`, FORM, ''],
    [`prompt=p&input=${encodeURIComponent(`{"a":${deep}}`)}`, FORM, ''],
    ['p', 'text/plain', `?x=${deep}`],
  ])('is refused before anything walks into it: %.30s', async (body, type, query) => {
    await expect(posted(body, type, query)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('is accepted as deep as a schema may be', async () => {
    const { inputs } = await posted(
      `{"prompt": "p", "output": ${'{"items":'.repeat(40)}1${'}'.repeat(40)}}`,
      'application/json',
    );
    expect(inputs.overrides).toHaveProperty('output');
  });
});

describe('what an Accept header likes best', () => {
  const OFFERS = ['application/json', 'text/markdown', 'text/html'] as const;

  it.each([
    [null, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['text/*', 'text/markdown'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['text/markdown;q=0.5, application/json;q=0.4', 'text/markdown'],
    ['*/*, application/json;q=0', 'text/markdown'],
    ['TEXT/HTML', 'text/html'],
    ['image/png', null],
    ['text/html;q=garbage', null],
  ])('%j: %s', (accept, expected) => {
    expect(preferred(accept, OFFERS)).toBe(expected);
  });
});
