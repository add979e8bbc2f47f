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

/** What stands before routes, and doors that the contract names one by one. */
const BEFORE = /^(?:\/?|\/v1\/)\*$/;

const routes = app.routes.filter(({ path }) => !BEFORE.test(path));
/** Paths that one route answers for, such as `/account/`, with all that is below. */
const families = routes
  .flatMap(({ path }) => addressesOf(path))
  .filter((path) => path.endsWith('/*'))
  .map((path) => path.slice(0, -1));
const served = new Set(
  routes.flatMap(({ path }) => addressesOf(path)).filter((path) => !path.endsWith('/*')),
);

/** Whether one of the families answers for an address that has no route of its own. */
function isInFamily(address: string): boolean {
  return families.some((family) => `${address}/`.startsWith(family));
}

const methods = new Set(
  routes.flatMap(({ method, path }) =>
    method === 'ALL' || path.endsWith('*')
      ? []
      : addressesOf(path).map((address) => `${method} ${address}`),
  ),
);

const contract = Object.entries<object>(openapi.paths).flatMap(([path, item]) =>
  Object.keys(item)
    .filter((key) => key !== 'parameters')
    .map((method) => ({ path, method: method.toUpperCase() })),
);

describe('the contract', () => {
  it('names every address that the server has, and no other', () => {
    const named = Object.keys(openapi.paths);
    expect([...served].filter((address) => !named.includes(address))).toEqual([]);
    expect(named.filter((address) => !served.has(address) && !isInFamily(address))).toEqual([]);
    expect(families.filter((family) => !named.some((one) => `${one}/`.startsWith(family)))).toEqual(
      [],
    );
  });

  it('names every method that a route takes', () => {
    const named = new Set(contract.map(({ method, path }) => `${method} ${path}`));
    expect([...methods].filter((method) => !named.has(method))).toEqual([]);
  });
});
