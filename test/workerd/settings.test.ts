import { describe, expect, it } from 'vitest';
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
