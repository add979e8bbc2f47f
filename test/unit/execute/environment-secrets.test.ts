import { expect, test } from 'vitest';
import { checkSecretHosts, environmentSecrets } from '../../../src/execute/environment-secrets.ts';

test('the secret named X is the variable SECRET_X', () => {
  const secrets = environmentSecrets({ SECRET_A: 'a1', A: 'a2', SECRET_C: '' });
  expect(secrets('A', 'a.example')).toBe('a1');
  expect(secrets('C', 'a.example')).toBeNull();
  expect(secrets('D', 'a.example')).toBeNull();
});

test.each(['B', 'OPENAI_API_KEY', 'VAULT_KEY', 'AWS_SECRET_ACCESS_KEY', 'toString'])(
  'a prompt cannot send the variable %s to a server of its choice',
  (name) => {
    expect(environmentSecrets({ [name]: 'canary' })(name, 'a.example')).toBeNull();
  },
);

test('a secret that is bound to hosts goes to those alone, and is refused by name elsewhere', () => {
  const secrets = environmentSecrets({
    SECRET_A: 'canary',
    HOSTS_OF_SECRET_A: 'mcp.linear.app, Localhost:3001',
    SECRET_B: 'canary',
    HOSTS_OF_SECRET_B: '',
  });
  expect(secrets('A', 'mcp.linear.app')).toBe('canary');
  expect(secrets('A', 'localhost:3001')).toBe('canary');
  for (const host of ['linear.app', 'mcp.linear.app:8443', 'xmcp.linear.app', 'localhost', '']) {
    expect(() => secrets('A', host)).toThrow(
      `The secret A may not be sent to ${host}. HOSTS_OF_SECRET_A names the hosts that may get it.`,
    );
  }
  expect(() => secrets('B', 'mcp.linear.app')).toThrow('may not be sent');
});

test('the hosts of a secret are no secret, whatever a secret is called', () => {
  const secrets = environmentSecrets({
    SECRET_X: 'x',
    SECRET_X_HOSTS: 'of another name',
    SECRET_HOSTS: 'of no name',
    HOSTS_OF_SECRET_X: 'a.example',
  });
  expect(secrets('X_HOSTS', 'b.example')).toBe('of another name');
  expect(secrets('HOSTS', 'b.example')).toBe('of no name');
  expect(secrets('HOSTS_OF_SECRET_X', 'a.example')).toBeNull();
});

test.each([
  '',
  ' , ',
  'https://mcp.linear.app',
  'mcp.linear.app/mcp',
  '*.linear.app',
  'a b',
  'ü.example',
])('hosts that are none are said to be wrong: %j', (hosts) => {
  expect(() => checkSecretHosts({ HOSTS_OF_SECRET_A: hosts })).toThrow('HOSTS_OF_SECRET_A must be');
});

test('hosts, ports and addresses are taken', () => {
  checkSecretHosts({
    HOSTS_OF_SECRET_A: 'a.example, b.example:8443,127.0.0.1:3001,[::1]:9',
    B: '?',
  });
});
