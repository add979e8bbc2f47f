/** The started product, over loopback: how soon a run is accepted and how soon it speaks. */
import { startProduct } from '../test/support/product.ts';
import { inTurn, median, type Row } from './measure.ts';
import { chatPeer } from './peers.ts';

/** All rows about the product. */
export async function productRows(): Promise<Row[]> {
  const chat = await chatPeer();
  const product = await startProduct({ OPENAI_BASE_URL: `${chat.origin}/v1` });
  try {
    const accept = await median(50, async () => {
      await (await fetch(product.origin, { method: 'POST', body: 'hello' })).arrayBuffer();
    });
    const asked = { body: JSON.stringify(CHAT), headers: { 'content-type': 'application/json' } };
    const run = { body: 'hello', headers: { accept: 'text/markdown' } };
    const [model = Number.NaN, inRequest = Number.NaN, durable = Number.NaN] = await inTurn(
      [25, 50],
      [
        () => firstText(`${chat.origin}/v1/chat/completions`, asked),
        () => firstText(`${product.origin}/v1/chat/completions`, asked),
        () => firstText(product.origin, run),
      ],
    );
    const done = (await (
      await fetch(`${product.origin}/?wait=30`, { method: 'POST', body: 'hello' })
    ).json()) as { urls: { markdown: string } };
    const read = await median(100, async () => {
      await (await fetch(done.urls.markdown)).arrayBuffer();
    });
    return [
      { what: 'POST to 201, durable', floor: null, ours: accept, goal: 'single milliseconds' },
      { what: `${FIRST} of a run (floor: the model itself)`, floor: model, ...ofRun(durable) },
      { what: `${FIRST} of a run (floor: in a request)`, floor: inRequest, ...ofRun(durable) },
      { what: 'reading a finished run as Markdown', floor: null, ours: read, goal: 'report' },
    ];
  } finally {
    await product.stop();
    await chat.close();
  }
}

const FIRST = 'POST to the first token';
const CHAT = { model: 'bench', stream: true, messages: [{ role: 'user', content: 'hello' }] };

const ofRun = (ours: number) => ({ ours, goal: 'report' });

/** Milliseconds until a word of the model has come: what is streamed before it is no token. */
async function firstText(url: string, init: RequestInit): Promise<number> {
  const began = performance.now();
  const response = await fetch(url, { method: 'POST', ...init });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('no body');
  for (let text = ''; !text.includes('word');) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`no word: ${text}`);
    text += value;
  }
  const ms = performance.now() - began;
  await reader.cancel();
  return ms;
}
