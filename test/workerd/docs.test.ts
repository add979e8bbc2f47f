/** The documentation of a deployed server speaks of that server. */
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';

const CONTEXT = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };

async function text(path: string, variables: Record<string, string> = {}): Promise<string> {
  const request = new Request(`https://prompts.example${path}`);
  const response = await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    { ...(env as unknown as Env), ...variables },
    CONTEXT as unknown as ExecutionContext,
  );
  expect(response.status).toBe(200);
  return response.text();
}

describe.each(['/llms.txt', '/docs', '/examples'])('%s of a deployed server', (path) => {
  it('sends an API key along, by the address that others know', async () => {
    const said = await text(path, { PUBLIC_URL: 'https://other.example' });
    expect(said).toContain('Bearer $API_KEY');
    expect(said).toContain('https://other.example/');
    expect(said).not.toContain('https://prompts.example');
  });

  it('sends none where anybody may run prompts', async () => {
    expect(await text(path, { PUBLIC_RUNS: '1' })).not.toContain('$API_KEY');
  });
});

it('lets crawlers read what is for everybody, and nothing of a run', async () => {
  const lines = (await text('/robots.txt')).split('\n');
  expect(lines).toContain('Allow: /llms.txt');
  expect(lines.at(-2)).toBe('Disallow: /');
});
