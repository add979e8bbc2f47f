import { describe, expect, it } from 'vitest';
import { ago, draftTitle, Drafts } from '../../../../src/publish/page/editor/drafts.ts';
import { size, tokens } from '../../../../src/publish/page/editor/figures.ts';

function place(first: string | null = null) {
  let kept = first;
  return { getItem: () => kept, setItem: (_: string, value: string) => void (kept = value) };
}

const draft = (id: string, at: number, text = id) => ({ id, at, text, isSuggested: false });

describe('drafts', () => {
  it('are the newest first, one for each document', () => {
    const drafts = new Drafts(place());
    drafts.keep(draft('a', 1));
    drafts.keep(draft('b', 2));
    drafts.keep(draft('a', 3, 'changed'));
    expect(drafts.all().map(({ id, text }) => [id, text])).toEqual([
      ['a', 'changed'],
      ['b', 'b'],
    ]);
    drafts.remove('a');
    expect(drafts.all().map(({ id }) => id)).toEqual(['b']);
  });

  it('make room for the newest: twelve at most, and not more than a browser holds', () => {
    const drafts = new Drafts(place());
    for (let at = 0; at < 20; at += 1) drafts.keep(draft(`d${at}`, at));
    expect(drafts.all().map(({ at }) => at)).toEqual([
      19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8,
    ]);
    drafts.keep(draft('long', 21, 'x'.repeat(1_499_990)));
    expect(drafts.all().length).toBeLessThan(12);
    expect(drafts.all()[0]?.id).toBe('long');
  });

  it.each(['', 'null', '{}', '[1, {"id": 2}, {"id": "x", "text": 1, "at": 1}]', '[{'])(
    'are none where something else is kept: %j',
    (kept) => {
      expect(new Drafts(place(kept)).all()).toEqual([]);
    },
  );

  it('that do not say whose they are count as somebody else’s', () => {
    const kept = new Drafts(place('[{"id": "x", "text": "t", "at": 1}]'));
    expect(kept.all()).toMatchObject([{ isSuggested: true }]);
  });

  it('are not kept by a browser without room, and nothing breaks', () => {
    const full = {
      getItem: () => null,
      setItem: () => {
        throw new Error('QuotaExceededError');
      },
    };
    expect(() => new Drafts(full).keep(draft('a', 1))).not.toThrow();
  });
});

describe('a draft is called', () => {
  it.each([
    ['---\nmodel: x\n---\n\n# Weekly *report*\n\nText.', 'Weekly *report*'],
    ['@/demo/mcp\n\nWhat time is it?', 'What time is it?'],
    ['@/demo/mcp', '@/demo/mcp'],
    ['   \n', 'Empty'],
    ['x'.repeat(100), 'x'.repeat(80)],
  ])('%j → %j', (text, title) => {
    expect(draftTitle(text)).toBe(title);
  });
});

it('says how long ago, and how much', () => {
  expect([0, 5, 90, 3000].map((minutes) => ago(0, minutes * 60_000))).toEqual([
    'just now',
    '5 minutes ago',
    '2 hours ago',
    '2 days ago',
  ]);
  expect([0, 1, 7, 321, 1249, 98_765].map(tokens)).toEqual([
    '≈ 0 tokens',
    '≈ 1 token',
    '≈ 7 tokens',
    '≈ 320 tokens',
    '≈ 1,200 tokens',
    '≈ 99,000 tokens',
  ]);
  expect([999, 12_345, 2_340_000].map(size)).toEqual(['999 bytes', '12 KB', '2.3 MB']);
});
