import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pageSource } from '../../../scripts/page-source.ts';
import { ASSETS, assetUrl } from '../../../src/publish/assets.ts';

it('has the stylesheet and the script as they stand in their own files', () => {
  const written = readFileSync(
    new URL('../../../src/publish/page-source.ts', import.meta.url),
    'utf8',
  );
  expect(written).toBe(pageSource());
});

it('asks for every asset by an address that changes with its content', () => {
  expect(ASSETS['/assets/run.js'].etag).toMatch(/^"[0-9a-f]{16}"$/);
  expect(assetUrl('/assets/run.js')).toBe(
    `/assets/run.js?v=${ASSETS['/assets/run.js'].etag.slice(1, -1)}`,
  );
});

it('loads nothing from elsewhere and weighs little', () => {
  for (const { body } of Object.values(ASSETS)) {
    expect(body).not.toMatch(/https?:|url\(|@import|innerHTML|\beval\b/);
    expect(gzipSync(body).length).toBeLessThan(8000);
  }
});
