import { describe, expect, it } from 'vitest';
import type { CallOptions, Connection, Elicitation } from '../../src/execute/ports.ts';
import type { ToolServer } from '../../src/normalize/request.ts';
import { withScriptedAnswers } from '../../src/worker/scripted-answers.ts';

const { signal } = new AbortController();
const SERVER: ToolServer = {
  label: 'asks',
  url: 'https://tools.example/mcp',
  type: 'mcp',
  headers: {},
  require_approval: 'never',
  from: 'frontmatter',
};

/** What a tool is told that asks this. */
async function answerTo(asked: Elicitation): Promise<unknown> {
  let used = false;
  const connection: Connection = {
    protocolVersion: '2026-07-28',
    tools: [],
    get usedLogin() {
      return used;
    },
    call: async (_tool, _args, { onElicit }: CallOptions) => {
      used = true;
      const answer = await onElicit?.(asked, signal);
      return { isError: false, parts: [{ type: 'text', text: JSON.stringify(answer) }] };
    },
    close: async () => {},
  };
  const servers = withScriptedAnswers({ connect: async () => connection });
  const open = await servers.connect(SERVER, signal);
  const { parts } = await open.call('ask', {}, { signal });
  expect(open.usedLogin).toBe(true);
  const [part] = parts;
  return part !== undefined && 'text' in part ? JSON.parse(part.text) : null;
}

describe('with ELICITATION_ANSWERS=accept a tool that asks', () => {
  it('for a form is told the defaults of its schema', async () => {
    const properties = {
      name: { type: 'string', default: 'Ann' },
      age: { type: 'integer', default: 0 },
      sure: { type: 'boolean', default: false },
      colours: { type: 'array', default: ['red'] },
      other: { type: 'string' },
    };
    const schema = { type: 'object', properties };
    expect(await answerTo({ mode: 'form', message: 'Who?', schema })).toEqual({
      action: 'accept',
      content: { name: 'Ann', age: 0, sure: false, colours: ['red'] },
    });
  });

  it('for a page to be opened is told no', async () => {
    const url = 'https://pay.example';
    expect(await answerTo({ mode: 'url', message: 'Pay.', url })).toEqual({ action: 'decline' });
  });
});
