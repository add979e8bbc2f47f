import { expect, test } from 'vitest';
import type { ContentPart } from '../../../src/protocol/chat.ts';
import { titleOf } from '../../../src/publish/run-title.ts';
import { plainRun } from './sample-runs.ts';

test('a run without a title is called by the first words of its prompt, behind an image too', () => {
  const content: readonly ContentPart[] = [
    { type: 'image_url', image_url: { url: 'https://a.example/b.png' } },
    { type: 'text', text: '# What is this?\nSay it.' },
  ];
  expect(titleOf(plainRun('A boat.', { messages: [{ role: 'user', content }] }))).toBe(
    'What is this?',
  );
});
