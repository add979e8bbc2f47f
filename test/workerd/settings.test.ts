import { describe, expect, it } from 'vitest';
import { operatorServersFor } from '../../src/worker/account/user-providers.ts';
import { readSettings } from '../../src/worker/settings.ts';

const KEYS = { ID_KEY: 'i'.repeat(32), VAULT_KEY: 'v'.repeat(32) };

describe('the settings of a deployed server', () => {
  it('need both keys and nothing else', () => {
    expect(readSettings(KEYS).problems).toEqual([]);
    const { settings, problems } = readSettings({});
    expect(settings).toBeNull();
    expect(problems.join(' ')).toMatch(/VAULT_KEY.*ID_KEY|ID_KEY.*VAULT_KEY/);
  });

  it('let nobody run prompts and reach nothing local by default', () => {
    expect(readSettings(KEYS).settings).toMatchObject({
      localOwner: false,
      publicRuns: false,
      apiKeys: [],
      egressAllow: [],
    });
  });

  it('refuse EGRESS_ALLOW', () => {
    for (const EGRESS_ALLOW of ['127.0.0.1:80', 'localhost:*']) {
      expect(readSettings({ ...KEYS, EGRESS_ALLOW }).problems).toHaveLength(1);
    }
  });

  it('do not make an owner of LOCAL_OWNER without the launcher', () => {
    expect(readSettings({ ...KEYS, LOCAL_OWNER: '1' }).settings?.localOwner).toBe(false);
  });

  it('name the hosts of a secret that are none', () => {
    const HOSTS_OF_SECRET_A = 'https://mcp.linear.app/mcp';
    expect(readSettings({ ...KEYS, HOSTS_OF_SECRET_A }).problems).toEqual([
      expect.stringContaining('HOSTS_OF_SECRET_A must be hosts'),
    ]);
    expect(readSettings({ ...KEYS, HOSTS_OF_SECRET_A: 'mcp.linear.app' }).problems).toEqual([]);
  });

  it('never repeat the value of a secret', () => {
    const { problems } = readSettings({
      ID_KEY: 'canary-one',
      VAULT_KEY: 'canary-two',
      API_KEYS: 'alice:canary-three',
      OPENAI_API_KEY: 'canary four',
    });
    expect(problems).toHaveLength(4);
    expect(problems.join(' ')).not.toContain('canary');
  });
});

describe('tool servers of the operator', () => {
  it.each([
    ['somebody of this server', true, {}, true],
    ['who is known by a key of a provider, which anybody can make up', false, {}, false],
    ['anybody, where anybody may run prompts', false, { PUBLIC_RUNS: '1' }, true],
  ])('for %s', (_who, isTrusted, more, areThere) => {
    const MCP_SERVER_ENDPOINTS = 'https://mcp.example/mcp?key=canary';
    const { settings } = readSettings({ ...KEYS, MCP_SERVER_ENDPOINTS, ...more });
    if (settings === null) throw new Error('misconfigured');
    const expected = areThere ? [MCP_SERVER_ENDPOINTS] : [];
    expect(operatorServersFor(settings, isTrusted)).toEqual(expected);
  });
});

describe('the settings of logins', () => {
  const settingsOf = (variables: Record<string, string>) => readSettings({ ...KEYS, ...variables });

  it('take several vault keys, each long enough', () => {
    const two = `${'a'.repeat(32)}, ${'b'.repeat(32)}`;
    expect(settingsOf({ VAULT_KEY: two }).settings?.vaultKeys).toEqual([
      'a'.repeat(32),
      'b'.repeat(32),
    ]);
    expect(settingsOf({ VAULT_KEY: `${'a'.repeat(32)},short` }).problems).toHaveLength(1);
  });

  it('take clients that were made by hand', () => {
    const clients = [
      { issuer: 'https://login.example', client_id: 'us', client_secret: 'canary' },
      { issuer: 'https://other.example/tenant', client_id: 'them' },
    ];
    const { settings } = settingsOf({ LOGIN_CLIENTS: JSON.stringify(clients) });
    expect(settings?.loginClients).toEqual(clients);
  });

  it.each([
    '{"issuer":"https://login.example"}',
    '[{"issuer":"https://login.example"}]',
    '[{"issuer":"login.example","client_id":"us"}]',
    '[{"issuer":"https://login.example","client_id":"us","client_secret":"canary","more":1}]',
    'canary',
  ])('refuse LOGIN_CLIENTS %s without repeating it', (text) => {
    const { problems } = settingsOf({ LOGIN_CLIENTS: text });
    expect(problems).toHaveLength(1);
    expect(problems.join(' ')).not.toContain('canary');
  });

  it('publish a client document where authorization servers can read it', () => {
    const urlWith = (variables: Record<string, string>) =>
      settingsOf(variables).settings?.clientMetadataUrl;
    expect(urlWith({})).toBeNull();
    expect(urlWith({ PUBLIC_URL: 'http://prompts.example' })).toBeNull();
    expect(urlWith({ PUBLIC_URL: 'https://prompts.example' })).toBe(
      'https://prompts.example/oauth/client.json',
    );
    const other = 'https://client.example/us.json';
    expect(urlWith({ CLIENT_METADATA_URL: other })).toBe(other);
    for (const wrong of ['http://client.example/a', 'https://client.example', 'us.json']) {
      expect(settingsOf({ CLIENT_METADATA_URL: wrong }).problems).toHaveLength(1);
    }
  });

  it('answer for nobody when deployed', () => {
    expect(settingsOf({ ELICITATION_ANSWERS: 'accept' }).problems).toHaveLength(1);
    const local = { LOCAL_ORIGIN: 'http://127.0.0.1:8787' };
    const { settings } = settingsOf({ ...local, ELICITATION_ANSWERS: 'accept' });
    expect(settings?.acceptsElicitations).toBe(true);
    expect(settingsOf({ ...local, ELICITATION_ANSWERS: 'yes' }).problems).toHaveLength(1);
  });
});
