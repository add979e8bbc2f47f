import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stdout } from 'node:process';

/** Posts `prompts/tweet.md`, prints the answer as it is made and then where the run can be read. */
export async function runDemo(origin: string): Promise<void> {
  const prompt = readFileSync(join(import.meta.dirname, '../prompts/tweet.md'), 'utf8');
  stdout.write(`\nPOST / with prompts/tweet.md:\n\n${prompt.trim()}\n\n---\n\n`);
  const response = await fetch(`${origin}/`, {
    method: 'POST',
    headers: { 'content-type': 'text/markdown', accept: 'text/markdown' },
    body: prompt,
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    stdout.write(decoder.decode(chunk, { stream: true }));
  }
  const url = new URL(response.headers.get('location') ?? '/', origin).href;
  stdout.write(
    `\n---\n\nPage      ${url}\nMarkdown  ${url}.md\nJSON      ${url}.json\n\nCtrl-C ends the server.\n`,
  );
}
