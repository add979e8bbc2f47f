/** Who has a form of a run already gets nothing laid out, and never what others have. */
import { describe, expect, it, vi } from 'vitest';
import { conditional, type Rendering } from '../../src/worker/conditional.ts';
import { plainRun } from '../unit/publish/sample-runs.ts';

const view = plainRun('- a\n'.repeat(49_900));
const body = () => Promise.reject(new Error('laid out'));
const page: Rendering = {
  what: 'html',
  origin: 'https://prompts.example',
  body,
  headers: { 'content-type': 'text/html; charset=utf-8' },
};

function asked(method: string, held?: string): Request {
  const headers = held === undefined ? {} : { 'if-none-match': held };
  return new Request('https://prompts.example/', { method, headers });
}

async function tagOf(changed: Partial<Rendering>, of = view): Promise<string> {
  const response = await conditional(asked('HEAD'), of, { ...page, ...changed });
  return response.headers.get('etag') ?? '';
}

describe('a form of a run that has ended', () => {
  it('is not laid out for who has it, nor for HEAD', async () => {
    const head = await conditional(asked('HEAD'), view, page);
    const etag = head.headers.get('etag') ?? '';
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const method of ['GET', 'HEAD']) {
      const known = await conditional(asked(method, etag), view, page);
      expect([known.status, known.headers.get('etag')]).toEqual([304, etag]);
    }
    await expect(conditional(asked('GET', '"other"'), view, page)).rejects.toThrow('laid out');
  });

  it('has a tag that changes with everything it is made of', async () => {
    const tags = await Promise.all([
      tagOf({}),
      tagOf({ what: 'markdown' }),
      tagOf({ origin: 'https://other.example' }),
      tagOf({ headers: { 'content-type': 'text/plain' } }),
      tagOf({}, { ...view, viewer: 'owner' }),
      tagOf({}, { ...view, publication: 'answer', prompt: null }),
      tagOf({}, { ...view, expires_at: 1 }),
      tagOf({}, { ...view, callback: { disabled: true, events: [] } }),
    ]);
    expect(new Set(tags).size).toBe(tags.length);
    expect(await tagOf({})).toBe(tags[0]);
  });

  it('is laid out for every GET of a run that goes on, and has no tag', async () => {
    const render = vi.fn(() => 'so far');
    const going = { ...view, status: 'running' } as const;
    const response = await conditional(asked('GET', '*'), going, { ...page, body: render });
    expect([response.status, await response.text()]).toEqual([200, 'so far']);
    expect(response.headers.get('etag')).toBeNull();
    expect(render).toHaveBeenCalledOnce();
  });
});
