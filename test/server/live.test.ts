/** What the page of a run that goes on is sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { modelPeer, type Asked, type ModelPeer } from '../support/model-peer.ts';
import { startProduct, type Product } from '../support/product.ts';

interface News {
  readonly id: string;
  readonly main?: string;
  readonly answer: {
    readonly reset?: boolean;
    readonly from: number;
    readonly sealed: string;
    readonly blocks: number;
    readonly rest: readonly [number, string, number];
  } | null;
}

describe('the live page', () => {
  let product: Product;
  let peer: ModelPeer;

  beforeAll(async () => {
    peer = await modelPeer();
    product = await startProduct({ OPENAI_BASE_URL: peer.baseUrl, OPENAI_API_KEY: 'key' });
  });
  afterAll(() => Promise.all([product.stop(), peer.stop()]));

  async function started(
    prompt: string,
  ): Promise<{ id: string; owner_token: string; asked: Asked }> {
    const { text } = await ask(product.origin, { body: prompt });
    const made = JSON.parse(text) as { id: string; owner_token: string };
    return { ...made, asked: await peer.next() };
  }

  /** The frames that come until one of them is as wanted. */
  async function newsOf(
    id: string,
    from: string,
    isWanted: (news: News) => boolean,
    headers: Record<string, string> = {},
  ): Promise<News[]> {
    const url = `${product.origin}/${id}/live?from=${from}`;
    const response = await fetch(url, { headers });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const all = framesIn(text);
      if (all.some(isWanted)) return all;
    }
    throw new Error(`never: ${text}`);
  }

  function framesIn(text: string): News[] {
    const frames = [...text.matchAll(/^id: (\S+)\nevent: page\ndata: (.+)\n\n/gm)];
    return frames.map(([, id = '', data = '']) => ({ ...(JSON.parse(data) as News), id }));
  }

  const says = (word: string) => (news: News) => news.answer?.rest[1].includes(word) === true;

  it('PAGE-4 sends a finished block once, to a page that comes back too', async () => {
    const { id, asked } = await started('Tell me.');
    asked.says('One.\n\nTwo.\n\nThr');
    const first = await newsOf(id, '0.0.0.0', says('Thr'));
    const last = first.at(-1);
    expect(last?.answer).toMatchObject({ blocks: 1, sealed: '<p>One.</p>\n' });
    expect(last?.id).toMatch(/^\d+\.1\.1\.1$/);
    asked.says('ee.\n\nFour');
    const again = await newsOf(id, '0.0.0.0', says('Four'), { 'last-event-id': last?.id ?? '' });
    expect(again.map(({ answer }) => answer?.sealed).join('')).toBe('<p>Two.</p>\n');
    expect(again.some(({ answer }) => answer?.reset)).toBe(false);
    asked.stops();
    expect((await ask(`${product.origin}/${id}/events`)).status).toBe(200);
    const over = await ask(`${product.origin}/${id}/live?from=${last?.id}`);
    expect(over.text).toMatch(/^event: end$/m);
    expect((await ask(`${product.origin}/${id}/live?from=99999.1.1.1`)).status).toBe(204);
  });

  it('says no more to a reader than the page does', async () => {
    const prompt = '---\npublish: answer\n---\nThe canary of the prompt.';
    const { id, owner_token, asked } = await started(prompt);
    asked.says('The answer is');
    const headers = { authorization: `Bearer ${owner_token}` };
    const own = await newsOf(id, '0.0.0.0', says('answer'), headers);
    const other = await newsOf(id, '0.0.0.0', says('answer'));
    expect(JSON.stringify(own)).toContain('canary of the prompt');
    expect(JSON.stringify(other)).not.toContain('canary');
    expect(JSON.stringify(other)).not.toContain('/cancel');
    asked.stops();
  });

  it.each(['', 'x', '1', '1.1.1', '1.1.1.1.1', '-1.1.1.1', '1e9.1.1.1'])(
    'refuses a place that no page stands at: %j',
    async (from) => {
      const { id, asked } = await started('Hello.');
      const { status } = await ask(`${product.origin}/${id}/live?from=${from}`);
      expect(status).toBe(400);
      asked.stops();
    },
  );

  it('is there for runs alone, and ends with the run that is deleted', async () => {
    const nobody = await ask(`${product.origin}/${'A'.repeat(32)}/live?from=0.0.0.0`);
    expect(nobody.status).toBe(404);
    const { id, owner_token, asked } = await started('Hello.');
    asked.says('Well');
    const reading = await fetch(`${product.origin}/${id}/live?from=0.0.0.0`);
    await newsOf(id, '0.0.0.0', says('Well'));
    const headers = { authorization: `Bearer ${owner_token}` };
    await ask(`${product.origin}/${id}`, { method: 'DELETE', headers });
    expect(await reading.text()).toMatch(/event: end\ndata: \{\}\n\n$/);
  });
});
