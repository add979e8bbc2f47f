import { describe, expect, it } from 'vitest';

import { strangerUrl } from '../../../src/login/stranger-url.ts';

const PUBLIC = 'https://tools.example/mcp';
const LOCAL = 'http://127.0.0.1:3001/mcp';

describe('an address in a metadata document', () => {
  it.each(['https://as.example/token', 'https://tools.example/token?x=1'])('may be %s', (url) => {
    expect(strangerUrl(url, PUBLIC)).toBe(url);
  });

  it.each([
    'http://as.example/token',
    'http://tools.example/token',
    'https://127.0.0.1/',
    'http://127.0.0.1:3001/',
    'https://localhost/',
    'https://10.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://router/',
    'https://printer.local/',
    'https://metadata.google.internal/',
    'https://box.home.arpa/',
    'https://as.example./',
    'https://as.example:8443/',
    'https://user:secret@as.example/',
    'https://as.example/#fragment',
    'javascript:alert(1)//as.example',
    'data:text/html,x',
    'file:///etc/passwd',
    '/relative',
    '',
    `https://as.example/${'x'.repeat(3000)}`,
    `https://${'a.'.repeat(130)}example/`,
    null,
    undefined,
    7,
    ['https://as.example'],
  ])('may not be %j', (url) => {
    expect(strangerUrl(url, PUBLIC)).toBeNull();
  });

  it('may be on loopback only for a server on loopback', () => {
    for (const url of [
      'http://localhost:4000/token',
      'http://127.0.0.1:4000/',
      'http://[::1]:1/',
    ]) {
      expect(strangerUrl(url, LOCAL)).toBe(url);
      expect(strangerUrl(url, PUBLIC)).toBeNull();
    }
    expect(strangerUrl('http://10.0.0.1/', LOCAL)).toBeNull();
    expect(strangerUrl('javascript:alert(1)', LOCAL)).toBeNull();
  });
});
