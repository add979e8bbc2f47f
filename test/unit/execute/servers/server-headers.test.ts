import { describe, expect, test } from 'vitest';
import { serverHeaders } from '../../../../src/execute/servers/server-headers.ts';
import { Fault } from '../../../../src/fault/fault.ts';

const secrets = (name: string): string | null =>
  ({ KEY: 'hush', BAD: 'a\r\nx-evil: 1' })[name] ?? null;

function headers(given: Record<string, string>, authorization?: string): Record<string, string> {
  const server =
    authorization === undefined ? { headers: given } : { headers: given, authorization };
  return Object.fromEntries(serverHeaders(server, secrets));
}

describe('headers of a tool server', () => {
  test('get their secrets, wherever in the value they are', () => {
    expect(headers({ 'X-Key': 'a ${env:KEY} b' })).toEqual({ 'x-key': 'a hush b' });
  });

  test('a token is sent as a bearer token, once', () => {
    expect(headers({}, '${env:KEY}')).toEqual({ authorization: 'Bearer hush' });
    expect(headers({}, 'Bearer ${env:KEY}')).toEqual({ authorization: 'Bearer hush' });
  });

  test.each([
    'Host',
    'cookie',
    'Content-Length',
    'connection',
    'transfer-encoding',
    'Proxy-Authorization',
    'Sec-Fetch-Site',
    'mcp-session-id',
    'a b',
    'a:b',
    'a\nb',
    '',
  ])('the name %j is refused', (name) => {
    expect(() => headers({ [name]: 'x' })).toThrow(
      expect.objectContaining({ code: 'invalid_prompt' }),
    );
  });

  test.each(['a\nb', 'a\rb', 'a\0b', 'ключ', 'x'.repeat(9000)])(
    'the value %j is refused',
    (value) => {
      expect(() => headers({ 'x-key': value })).toThrow(
        expect.objectContaining({ code: 'invalid_prompt' }),
      );
    },
  );

  test('a line break in a secret cannot begin a header, and the refusal does not show the secret', () => {
    expect(() => headers({}, '${env:BAD}')).toThrow(
      new Fault('invalid_prompt', 'The header "authorization" cannot be sent to a tool server.'),
    );
  });

  test('a secret that is not set is named', () => {
    expect(() => headers({}, '${env:NONE}')).toThrow(
      new Fault('secret_missing', 'The secret NONE is not set on this server.', {
        detail: { secret: 'NONE' },
      }),
    );
  });

  test('a secret is never expanded a second time', () => {
    const server = { headers: { 'x-key': '${env:A}' } };
    expect(serverHeaders(server, (name) => (name === 'A' ? '${env:B}' : 'x')).get('x-key')).toBe(
      '${env:B}',
    );
  });
});
