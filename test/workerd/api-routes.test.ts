/** The contract and the routes are the same. */
import { describe, expect, it } from 'vitest';
import openapi from '../../spec/openapi.json' with { type: 'json' };
import { app } from '../../src/worker/app.ts';

/** Forms of a run are one route, and one address each in the contract. */
const FORMS = ['.md', '.json', '.txt', '.html'];

/** A pattern of a route as the contract writes addresses. */
function addressesOf(route: string): string[] {
  if (route.startsWith('/:file{')) return FORMS.map((form) => `/{id}${form}`);
  const address = route
    .replace('/from/*', '/from/{url}')
    .replace(':host{[^/]*[.:][^/]*}', '{provider-host}')
    .replace(':action{', ':action_id{')
    .replace(/:(\w+)(?:\{(?:[^{}]|\{[^{}]*\})*\})?/g, '{$1}');
  return address === '/examples/{name}' ? [address, `${address}.md`] : [address];
}

/** What stands before routes, and doors that answer for whole families of paths. */
const FAMILIES = /^(?:\/?|\/v1\/)\*$/;

const routes = app.routes.filter(({ path }) => !FAMILIES.test(path));
const served = new Set(routes.flatMap(({ path }) => addressesOf(path)));
const methods = new Set(
  routes.flatMap(({ method, path }) =>
    method === 'ALL' ? [] : addressesOf(path).map((address) => `${method} ${address}`),
  ),
);

const contract = Object.entries<object>(openapi.paths).flatMap(([path, item]) =>
  Object.keys(item)
    .filter((key) => key !== 'parameters')
    .map((method) => ({ path, method: method.toUpperCase() })),
);

describe('the contract', () => {
  it('names every address that the server has, and no other', () => {
    expect(Object.keys(openapi.paths).toSorted()).toEqual([...served].toSorted());
  });

  it('names every method that a route takes', () => {
    const named = new Set(contract.map(({ method, path }) => `${method} ${path}`));
    expect([...methods].filter((method) => !named.has(method))).toEqual([]);
  });
});
