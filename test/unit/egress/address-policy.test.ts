import { describe, expect, it } from 'vitest';
import { checkAddress, parseAllowList } from '../../../src/egress/address-policy.ts';
import type { AddressPolicy } from '../../../src/egress/address-policy.ts';

const NOTHING_ALLOWED: AddressPolicy = { allow: [] };

function whyRefused(url: string, policy = NOTHING_ALLOWED): string {
  const decision = checkAddress(url, policy);
  return decision.ok ? `reached over ${decision.network}` : decision.why;
}

describe('checkAddress', () => {
  it.each([
    'https://example.com',
    'https://example.com:443/a?b#c',
    'https://EXAMPLE.com/',
    'https://127.0.0.1.example.com/',
    'https://localhost.example.com/',
    'https://bücher.example/',
  ])('EG-1: %s is reached over the internet', (url) => {
    expect(checkAddress(url, NOTHING_ALLOWED)).toEqual({ ok: true, network: 'internet' });
  });

  it.each(['http://example.com', 'ftp://example.com', 'file:///etc/passwd', 'data:text/plain,x'])(
    'EG-1: %s is refused, for it is not https',
    (url) => {
      expect(whyRefused(url)).toContain('https');
    },
  );

  it.each(['https://example.com:8443/', 'https://example.com:80/', 'https://example.com:22/'])(
    'EG-1: %s is refused for its port',
    (url) => {
      expect(whyRefused(url)).toContain('443');
    },
  );

  it.each([
    'https://user@example.com/',
    'https://user:pass@example.com/',
    'https://:p@example.com/',
  ])('EG-2: %s carries credentials and is refused', (url) => {
    expect(whyRefused(url)).toContain('user name or password');
  });

  it.each([
    '',
    'example.com',
    '/path',
    '//example.com/',
    'https://',
    'https://[::1',
    'https://a b/',
  ])('"%s" is no absolute URL and is refused', (url) => {
    expect(checkAddress(url, NOTHING_ALLOWED).ok).toBe(false);
  });

  it.each([
    'https://127.0.0.1/',
    'https://127.0.0.1./',
    'https://127.1/',
    'https://127.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://0x7f.1/',
    'https://127.0.0.1:443/',
    'https://①②⑦.⓪.⓪.①/',
    'https://%31%32%37.0.0.1/',
    'https://127。0。0。1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://localhost/',
    'https://LOCALHOST/',
    'https://loc%61lhost/',
    'http://localhost:3001/',
    'http://127.0.0.1:3001/',
  ])('EG-3: %s is loopback; the message says how to allow it', (url) => {
    const { host, protocol } = new URL(url);
    const place = /:\d+$/.test(host) ? host : `${host}:${protocol === 'https:' ? 443 : 80}`;
    expect(whyRefused(url)).toContain(`EGRESS_ALLOW=${place}`);
  });

  it.each([
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://2852039166/',
    'https://0251.0376.0251.0376/',
    'https://0/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[2002:7f00:1::]/',
  ])('EG-3: %s is inside and refused, naming EGRESS_ALLOW', (url) => {
    expect(whyRefused(url)).toContain('EGRESS_ALLOW');
  });

  it.each(['https://8.8.8.8/', 'https://134744072/', 'https://[2606:4700:4700::1111]/'])(
    'EG-3: %s is public, but a number and no name',
    (url) => {
      expect(whyRefused(url)).toBe('An address must be a name, not an IP number.');
    },
  );

  it.each([
    'https://app.localhost/',
    'https://printer.local/',
    'https://metadata.google.internal/',
    'https://router.home.arpa/',
    'https://nas.lan/',
    'https://intranet/',
    'https://db/',
  ])('EG-4: %s is a name inside a network', (url) => {
    expect(whyRefused(url)).toContain('inside a network');
  });

  it.each(['https://localhost./', 'https://example.com./', 'https://x.internal./', 'https://db./'])(
    'EG-4: %s ends in a dot and is refused',
    (url) => {
      expect(whyRefused(url)).toContain('dot');
    },
  );

  it('EG-5: never calls the service itself, on any port when none is named', () => {
    const policy = { allow: [], ownHosts: ['runs.example.com'] };
    expect(whyRefused('https://runs.example.com/abc', policy)).toContain('itself');
    expect(whyRefused('https://RUNS.example.com:444/', policy)).toContain('itself');
    expect(whyRefused('https://runs.example.com./', policy)).toContain('itself');
    expect(checkAddress('https://other.example.com/', policy).ok).toBe(true);
  });

  it('EG-5: its own port is refused even when it is allowed, and a neighbour is not', () => {
    const policy = { allow: ['127.0.0.1:8787', '127.0.0.1:3001'], ownHosts: ['127.0.0.1:8787'] };
    expect(whyRefused('http://127.0.0.1:8787/', policy)).toContain('itself');
    expect(whyRefused('http://127.0.0.1:3001/', policy)).toBe('reached over local');
  });

  it('EG-7: exactly the listed host and port is reached, over the local network', () => {
    const policy = { allow: parseAllowList('127.0.0.1:3001') };
    expect(whyRefused('http://127.0.0.1:3001/mcp', policy)).toBe('reached over local');
    expect(whyRefused('https://127.0.0.1:3001/mcp', policy)).toBe('reached over local');
    for (const url of [
      'http://127.0.0.1:3002/',
      'http://127.0.0.1/',
      'http://localhost:3001/',
      'http://[::1]:3001/',
      'http://127.0.0.2:3001/',
      'http://user@127.0.0.1:3001/',
      'ftp://127.0.0.1:3001/',
      'http://localhost.:3001/',
      'http://[::ffff:127.0.0.1]:3001/',
    ]) {
      expect(checkAddress(url, policy).ok, url).toBe(false);
    }
  });

  it('EG-7: a star stands for every port of that spelling, and never for one of its own', () => {
    const policy = { allow: parseAllowList('localhost:*'), ownHosts: ['localhost:8787'] };
    for (const url of ['http://localhost:1/mcp', 'http://localhost/', 'https://LOCALHOST:65535/']) {
      expect(whyRefused(url, policy), url).toBe('reached over local');
    }
    expect(whyRefused('http://localhost:8787/', policy)).toContain('itself');
    for (const url of [
      'http://127.0.0.1:1/',
      'http://[::1]:1/',
      'http://localhost.:1/',
      'http://app.localhost:1/',
      'http://user@localhost:1/',
    ]) {
      expect(checkAddress(url, policy).ok, url).toBe(false);
    }
  });

  it('EG-7: the default port of a scheme can be listed', () => {
    expect(whyRefused('http://localhost/', { allow: parseAllowList('localhost:80') })).toBe(
      'reached over local',
    );
  });
});

describe('parseAllowList', () => {
  it('reads entries separated by commas and spaces, each once, normalised', () => {
    expect(parseAllowList(' 127.0.0.1:3001,LOCALHOST:80  [0:0::1]:9 127.1:3001 ')).toEqual([
      '127.0.0.1:3001',
      'localhost:80',
      '[::1]:9',
    ]);
    expect(parseAllowList('LOCALHOST:*, 127.1:* [0::1]:*')).toEqual([
      'localhost:*',
      '127.0.0.1:*',
      '[::1]:*',
    ]);
    expect(parseAllowList('')).toEqual([]);
  });

  it.each([
    '127.0.0.1',
    'localhost',
    '127.0.0.1:',
    '127.0.0.1:99999',
    'http://127.0.0.1:3001',
    '127.0.0.1:3001/mcp',
    'user@127.0.0.1:3001',
    '::1:3001',
    '*:3001',
    '*:*',
    '*',
    ':*',
    'localhost:*:*',
    'localhost:1:*',
    'localhost:3*',
    '::1:*',
    'user@localhost:*',
    'localhost/x:*',
  ])('%s is no host:port; the error names it', (entry) => {
    expect(() => parseAllowList(`localhost:1,${entry}`)).toThrow(TypeError);
    expect(() => parseAllowList(`localhost:1,${entry}`)).toThrow(`"${entry}"`);
  });

  it.each([
    '10.0.0.5:80',
    'example.com:443',
    '[::ffff:127.0.0.1]:1',
    'app.localhost:80',
    '0.0.0.0:1',
    '10.0.0.5:*',
    'example.com:*',
    '[::ffff:127.0.0.1]:*',
  ])('%s is not on loopback and cannot be listed', (entry) => {
    expect(() => parseAllowList(entry)).toThrow(/loopback|host:port/);
  });
});
