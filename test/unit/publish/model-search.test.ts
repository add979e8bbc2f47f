import { describe, expect, test } from 'vitest';
import { searchModels } from '../../../src/publish/page/editor/model-search.ts';

const MODELS = ['openai/gpt-5', 'openai/gpt-5-mini', 'other/my-gpt-5', 'demo/demo'];

describe('models are found', () => {
  test('by every word, in any case and order', () => {
    expect(searchModels(MODELS, 'MINI gpt').models).toEqual(['openai/gpt-5-mini']);
    expect(searchModels(MODELS, 'nothing').models).toEqual([]);
  });

  test('with those first whose name begins so', () => {
    expect(searchModels(['other/my-gpt-5', 'openai/gpt-5'], 'gpt').models).toEqual([
      'openai/gpt-5',
      'other/my-gpt-5',
    ]);
  });

  test('all of them when nothing is typed, as many as can be shown', () => {
    expect(searchModels(MODELS, '  ')).toEqual({ models: MODELS, left: 0 });
    const many = Array.from({ length: 1000 }, (_, index) => `p/m${index}`);
    const { models, left } = searchModels(many, '');
    expect(models.length + left).toBe(1000);
    expect(left).toBeGreaterThan(0);
  });
});
