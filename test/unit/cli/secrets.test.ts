import { expect, test } from 'vitest';

import { environmentSecrets } from '../../../src/cli/secrets.ts';
import { KNOWN_PROVIDERS } from '../../../src/execute/providers.ts';

test('a secret is SECRET_X, else X, else it is not set', () => {
  const secrets = environmentSecrets({ SECRET_A: 'a1', A: 'a2', B: 'b', C: '' });
  expect(secrets('A')).toBe('a1');
  expect(secrets('B')).toBe('b');
  expect(secrets('C')).toBeNull();
  expect(secrets('D')).toBeNull();
});

const FORBIDDEN = [
  ...KNOWN_PROVIDERS.map(({ variable }) => variable),
  'OPENAI_BASE_URL',
  'VAULT_KEY',
  'ID_KEY',
  'API_KEYS',
  'MDOPS_KEY',
  'openai_api_key',
];

test.each(FORBIDDEN)('a prompt cannot send %s to a server of its choice', (name) => {
  expect(environmentSecrets({ [name]: 'canary' })(name)).toBeNull();
  expect(environmentSecrets({ [`SECRET_${name}`]: 'meant for prompts' })(name)).toBe(
    'meant for prompts',
  );
});
