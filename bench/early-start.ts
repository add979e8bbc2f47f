/** A tool that only reads is called as soon as the model has said how, not when it has said all. */
import { ourLoop, rpc } from './loop.ts';
import { paired, type Row } from './measure.ts';
import { chatPeer, mcpPeer, type Peer } from './peers.ts';

/** The row about an early start. */
export async function earlyStartRows(): Promise<Row[]> {
  const [chat, tools] = await Promise.all([chatPeer(), mcpPeer()]);
  const prompt = 'times 3, apart 100';
  try {
    const measured = await paired(
      5,
      () => floor(chat, tools, prompt),
      () => ourLoop(chat, [tools], prompt),
    );
    const what = 'three calls 100 ms apart, the first takes 400 ms';
    return [{ what, ...measured, goal: '≤ floor + 8 ms' }];
  } finally {
    await Promise.all([chat.close(), tools.close()]);
  }
}

/** Each call leaves when its chunk came; the answer is asked for when the last result is there. */
async function floor(chat: Peer, tools: Peer, prompt: string): Promise<void> {
  await Promise.all([rpc(tools, 'initialize', {}), rpc(tools, 'tools/list', {})]);
  const first = await ask(chat, [{ role: 'user', content: prompt }]);
  const results: Promise<unknown>[] = [];
  let rest = '';
  for await (const text of first.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const [, wanted = '""'] of events.join('\n').matchAll(/"arguments":("(?:\\.|[^"])*")/g)) {
      const args = JSON.parse(JSON.parse(wanted) as string) as object;
      results.push(rpc(tools, 'tools/call', { name: 'wait', arguments: args }));
    }
  }
  await Promise.all(results);
  const last = await ask(chat, [{ role: 'user', content: prompt }, { role: 'assistant' }]);
  await new Response(last).text();
}

async function ask(chat: Peer, messages: unknown[]): Promise<ReadableStream<Uint8Array>> {
  const tools = [{ type: 'function', function: { name: 's0__wait' } }];
  const response = await fetch(`${chat.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'bench', messages, tools, stream: true }),
  });
  if (response.body === null) throw new Error('no body');
  return response.body;
}
