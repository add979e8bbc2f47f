/** The started product, over loopback: how soon a run is accepted and how soon it speaks. */
import { startProduct } from '../test/support/product.ts';
import { median, paired, type Row } from './measure.ts';
import { chatPeer } from './peers.ts';

/** All rows about the product. */
export async function productRows(): Promise<Row[]> {
  const chat = await chatPeer();
  const product = await startProduct({ OPENAI_BASE_URL: `${chat.origin}/v1` });
  try {
    const accept = await median(50, async () => {
      await (await fetch(product.origin, { method: 'POST', body: 'hello' })).arrayBuffer();
    });
    const first = await paired(
      50,
      () =>
        firstBytes(`${chat.origin}/v1/chat/completions`, {
          body: JSON.stringify({
            model: 'bench',
            stream: true,
            messages: [{ role: 'user', content: 'hello' }],
          }),
        }),
      () => firstBytes(product.origin, { body: 'hello', headers: { accept: 'text/markdown' } }),
    );
    const done = (await (
      await fetch(`${product.origin}/?wait=30`, { method: 'POST', body: 'hello' })
    ).json()) as { urls: { markdown: string } };
    const read = await median(100, async () => {
      await (await fetch(done.urls.markdown)).arrayBuffer();
    });
    return [
      { what: 'POST to 201, durable', floor: null, ours: accept, goal: 'single milliseconds' },
      {
        what: 'POST to the first token of a run (floor: the model itself)',
        ...first,
        goal: 'report',
      },
      { what: 'reading a finished run as Markdown', floor: null, ours: read, goal: 'report' },
    ];
  } finally {
    await product.stop();
    await chat.close();
  }
}

async function firstBytes(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, { method: 'POST', ...init });
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error('no body');
  await reader.read();
  await reader.cancel();
}
