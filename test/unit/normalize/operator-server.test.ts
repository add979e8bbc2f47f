import { expect, test } from 'vitest';
import { readOperatorServer } from '../../../src/normalize/server-url.ts';

test.each([
  ['https://api.example/openapi.json', 'https://api.example/openapi.json', 'openapi'],
  ['https://api.example/v1/API.YAML?key=1', 'https://api.example/v1/API.YAML?key=1', 'openapi'],
  ['https://api.example/docs/swagger.yml', 'https://api.example/docs/swagger.yml', 'openapi'],
  ['https://api.example/v1/openapi', 'https://api.example/v1/openapi', 'openapi'],
  ['openapi:http://127.0.0.1:8011', 'http://127.0.0.1:8011', 'openapi'],
  ['OpenAPI:https://api.example/x', 'https://api.example/x', 'openapi'],
  ['https://openapi.example/mcp', 'https://openapi.example/mcp', 'mcp'],
  ['https://mcp.example/mcp?file=a.json', 'https://mcp.example/mcp?file=a.json', 'mcp'],
  ['http://127.0.0.1:8000/time', 'http://127.0.0.1:8000/time', 'mcp'],
])('the operator\u2019s entry %s is %s, a server of the type %s', (written, url, type) => {
  expect(readOperatorServer(written, [])).toEqual({ url, type });
});

test('the operator\u2019s entry that is no address is nothing', () => {
  for (const written of ['openapi:', 'openapi:words', 'words', '']) {
    expect(readOperatorServer(written, [])).toBeNull();
  }
});
