import { expect, it } from 'vitest';
import { mediaTypeOf } from '../../../src/publish/media-type.ts';

it.each([
  ['a.csv', 'text/csv'],
  ['b/a.JSON', 'application/json'],
  ['a.md', 'text/markdown'],
  ['a.yml', 'application/yaml'],
  ['src/a.ts', 'text/plain'],
  ['Dockerfile', 'text/plain'],
  ['a.json.tar.py', 'text/plain'],
])('FILE-2 %s is %s', (path, mediaType) => {
  expect(mediaTypeOf(path)).toEqual({
    mediaType,
    contentType: `${mediaType}; charset=utf-8`,
    isShown: true,
  });
});

it.each([
  ...'html htm HTML xhtml svg svgz xml xsl js mjs cjs mhtml shtml pdf swf css wasm'.split(' '),
  'constructor',
  '__proto__',
  '',
])('FILE-2 nothing with the extension "%s" is of a type that a browser runs', (extension) => {
  const safe = ['text/plain', 'application/octet-stream'];
  expect(safe).toContain(mediaTypeOf(`a.${extension}`).mediaType);
});

it.each(['a.exe', 'a', 'a.b/c', 'photo.png'])('FILE-2 %s, which is unknown, is saved', (path) => {
  expect(mediaTypeOf(path)).toMatchObject({
    contentType: 'application/octet-stream',
    isShown: false,
  });
});
