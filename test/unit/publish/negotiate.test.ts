import { describe, expect, it } from 'vitest';
import { contentType, negotiate } from '../../../src/publish/negotiate.ts';

const CHROME =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('negotiate', () => {
  it.each([
    ['md', CHROME, 'markdown'],
    ['.md', null, 'markdown'],
    ['json', 'text/html', 'json'],
    ['txt', null, 'text'],
    ['html', 'application/json', 'html'],
    ['pdf', '*/*', null],
    ['', '*/*', null],
  ])('NEG-1 lets the suffix %j win over Accept %j: %s', (suffix, accept, form) => {
    expect(negotiate(suffix, accept)).toBe(form);
  });

  it.each([
    [null, 'markdown'],
    ['', 'markdown'],
    ['*/*', 'markdown'],
    [CHROME, 'html'],
    ['text/html', 'html'],
    ['text/plain', 'text'],
    ['text/*', 'markdown'],
    ['application/*', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['text/plain, */*', 'text'],
    ['TEXT/HTML; charset=utf-8', 'html'],
    ['text/html;q=0.5, application/json;q=0.6', 'json'],
    ['text/*;q=0.3, text/html;q=0.7, */*;q=0.5', 'html'],
    ['*/*, text/markdown;q=0', 'json'],
    ['text/markdown;q=0', null],
    ['image/png', null],
    ['text/event-stream', null],
    ['text/html;q=high, text/plain', 'text'],
    ['nonsense', null],
  ])('NEG-2 reads Accept %j as %s', (accept, form) => {
    expect(negotiate(null, accept)).toBe(form);
  });

  it('reads no more of a hostile header than a client would send', () => {
    expect(negotiate(null, `${'x/y,'.repeat(100_000)}text/html`)).toBeNull();
  });

  it('names a character set with every form', () => {
    for (const form of ['markdown', 'json', 'text', 'html'] as const) {
      expect(contentType(form)).toMatch(/^[a-z]+\/[a-z]+; charset=utf-8$/);
    }
  });
});
