import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { configuredProviders, KNOWN_PROVIDERS } from '../../../../src/execute/model/providers.ts';
import { Secret } from '../../../../src/execute/model/secret.ts';

const ids = (env: Record<string, string>): string[] => configuredProviders(env).map(({ id }) => id);

describe('the configured providers', () => {
  it('are the demo alone when nothing is set', () => {
    expect(configuredProviders({})).toEqual([
      { id: 'demo', baseUrl: null, key: null, defaultModel: 'demo', models: ['demo'] },
    ]);
    expect(ids({ OPENAI_API_KEY: '  ' })).toEqual(['demo']);
  });

  it('come in the order of the table, the demo last', () => {
    const env = Object.fromEntries(KNOWN_PROVIDERS.map(({ variable }) => [variable, 'k']));
    expect(ids(env)).toEqual([...KNOWN_PROVIDERS.map(({ id }) => id), 'demo']);
    expect(ids({ GROQ_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' })).toEqual([
      'anthropic',
      'groq',
      'demo',
    ]);
  });

  it('are the table of the specification', () => {
    const spec = readFileSync(new URL('../../../../spec/providers.md', import.meta.url), 'utf8');
    for (const { id, baseUrl, variable, defaultModel } of KNOWN_PROVIDERS) {
      const row = spec.split('\n').find((line) => line.startsWith(`| \`${id}\` |`)) ?? '';
      for (const cell of [baseUrl, variable, defaultModel]) expect(row).toContain(`\`${cell}\``);
    }
  });

  it('are all reached over https', () => {
    for (const { baseUrl } of KNOWN_PROVIDERS) expect(new URL(baseUrl).protocol).toBe('https:');
  });

  it('take any compatible server as openai, with or without a key', () => {
    const [local] = configuredProviders({ OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1/' });
    expect(local).toMatchObject({ id: 'openai', baseUrl: 'http://127.0.0.1:1234/v1', key: null });
    const env = { OPENAI_BASE_URL: 'http://lan.example/api', OPENAI_API_KEY: 'k\n' };
    expect(configuredProviders(env)[0]?.key?.reveal()).toBe('k');
  });

  it.each([
    ['OPENAI_BASE_URL', 'localhost:1234'],
    ['OPENAI_BASE_URL', 'ftp://host/v1'],
    ['OPENAI_BASE_URL', 'https://user:canary@host/v1'],
    ['OPENAI_BASE_URL', 'https://host/v1?key=canary'],
    ['GROQ_API_KEY', 'canary two'],
    ['GROQ_API_KEY', 'canary\r\nx-evil: 1'],
    ['GROQ_API_KEY', 'canaryé'],
  ])('with a malformed %s are refused by its name and not its value', (variable, value) => {
    expect(() => configuredProviders({ [variable]: value })).toThrow(TypeError);
    expect(() => configuredProviders({ [variable]: value })).toThrow(variable);
    expect(() => configuredProviders({ [variable]: value })).not.toThrow('canary');
  });
});

describe('DEFAULT_MODEL', () => {
  const keys = { OPENAI_API_KEY: 'k', GROQ_API_KEY: 'k' };
  const first = (model: string, env: Record<string, string> = keys) =>
    configuredProviders({ ...env, DEFAULT_MODEL: model })[0];

  it('names a provider and its model, which then comes first', () => {
    expect(first('groq/llama-4')).toMatchObject({ id: 'groq', defaultModel: 'llama-4' });
    expect(ids({ ...keys, DEFAULT_MODEL: 'groq/x' })).toEqual(['groq', 'openai', 'demo']);
  });

  it('or a model of the first provider, which may hold a slash', () => {
    expect(first('gpt-9')).toMatchObject({ id: 'openai', defaultModel: 'gpt-9' });
    const groq = first('openai/gpt-oss-20b', { GROQ_API_KEY: 'k' });
    expect(groq).toMatchObject({ id: 'groq', defaultModel: 'openai/gpt-oss-20b' });
  });

  it('or a provider alone, the demo too', () => {
    expect(first('groq')).toMatchObject({ id: 'groq', defaultModel: 'openai/gpt-oss-120b' });
    expect(first('demo')).toMatchObject({ id: 'demo', defaultModel: 'demo' });
  });

  it('that only an unconfigured provider has is refused', () => {
    expect(() => configuredProviders({ DEFAULT_MODEL: 'gpt-9' })).toThrow('DEFAULT_MODEL');
    expect(() => configuredProviders({ DEFAULT_MODEL: 'demo/gpt-9' })).toThrow('DEFAULT_MODEL');
  });
});

describe('a secret', () => {
  const secret = new Secret('canary');

  it('is revealed on purpose only', () => {
    expect(secret.reveal()).toBe('canary');
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 9, showHidden: true }),
      Object.entries(secret).join(),
      JSON.stringify(structuredClone(secret)),
      String(new Error('x', { cause: secret }).cause),
    ];
    for (const text of shown) expect(text).not.toContain('canary');
  });

  it('is taken out of text that quotes it', () => {
    expect(secret.redact('key canary, canary!')).toBe('key [secret], [secret]!');
    expect(new Secret('').redact('abc')).toBe('abc');
  });
});
