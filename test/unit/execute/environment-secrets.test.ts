import { expect, test } from 'vitest';
import { environmentSecrets } from '../../../src/execute/environment-secrets.ts';

test('the secret named X is the variable SECRET_X', () => {
  const secrets = environmentSecrets({ SECRET_A: 'a1', A: 'a2', SECRET_C: '' });
  expect(secrets('A')).toBe('a1');
  expect(secrets('C')).toBeNull();
  expect(secrets('D')).toBeNull();
});

test.each(['B', 'OPENAI_API_KEY', 'VAULT_KEY', 'AWS_SECRET_ACCESS_KEY', 'toString'])(
  'a prompt cannot send the variable %s to a server of its choice',
  (name) => {
    expect(environmentSecrets({ [name]: 'canary' })(name)).toBeNull();
  },
);
