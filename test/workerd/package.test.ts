import { expect, it } from 'vitest';
import * as markdownops from '../../src/index.ts';

it('the format is read and decided inside workerd as anywhere else', () => {
  const text =
    '---\nmodel: m\ninput: {schema: {name: string}}\n---\nRead @https://example.com/a, {{name}}.';
  const { request, problems } = markdownops.normalizePrompt(
    markdownops.parsePrompt(text),
    { providers: [{ id: 'main', defaultModel: 'm' }] },
    { input: { name: 'Ada' } },
  );
  expect(problems).toEqual([]);
  expect(request).toMatchObject({
    models: [{ provider: 'main', model: 'm' }],
    messages: [{ role: 'user', content: 'Read @https://example.com/a, Ada.' }],
    references: [{ url: 'https://example.com/a', as: 'context' }],
  });
  expect(Object.keys(markdownops).toSorted()).toEqual(['normalizePrompt', 'parsePrompt']);
});
