import { markup } from '../markup.ts';
import type { Markup } from '../markup.ts';
import { readApi } from './api.ts';
import type { Api, Operation } from './api.ts';
import type { Reader } from './curl.ts';
import { docsPage, sectionsHtml } from './docs-page.ts';
import type { Contents } from './docs-page.ts';
import { guideFor } from './guide.ts';
import { operationGroups } from './operation-groups.ts';
import type { OperationGroup } from './operation-groups.ts';
import { addressHtml, operationHtml } from './render-operation.ts';
import { schemaHtml } from './schema-html.ts';
import { sentence } from './sentence.ts';

/**
 * The documentation of the API: how it is used, then every address and every schema.
 * @param document the OpenAPI document that this server has at `/openapi.json`
 */
export function renderApi(document: unknown, reader: Reader): string {
  const api = readApi(document);
  const { use } = guideFor(reader);
  const groups = operationGroups(api);
  return docsPage({
    path: '/docs',
    title: 'API',
    lead: markup`POST a Markdown document, get a URL. In machine form: <a href="/openapi.json">OpenAPI</a>; for models: <a href="/llms.txt">llms.txt</a>.`,
    contents: contentsOf(api, groups, use),
    article: markup`${sectionsHtml(use)}${groups.map((group) => groupHtml(group, api, reader))}
<section class="piece" id="schemas" aria-labelledby="schemas-title">
<h2 id="schemas-title"><a href="#schemas">Schemas</a></h2>
${api.schemas.map(schemaSection)}</section>
`,
  });
}

function contentsOf(
  api: Api,
  groups: readonly OperationGroup[],
  use: readonly { readonly id: string; readonly title: string }[],
): Contents[] {
  return [
    { id: 'run', title: 'Start here', below: use.slice(1) },
    ...groups.map(({ id, title, operations }) => ({
      id,
      title,
      below: operations.map((operation) => ({
        id: operation.id,
        title: sentence(operation.summary),
      })),
    })),
    {
      id: 'schemas',
      title: 'Schemas',
      below: api.schemas.map(([name]) => ({ id: `schema-${name}`, title: name })),
    },
  ];
}

function groupHtml({ id, title, operations }: OperationGroup, api: Api, reader: Reader): Markup {
  const rows = operations.map(
    (operation) =>
      markup`<tr><td><a href="#${operation.id}">${addressHtml(operation)}</a></td><td>${sentence(operation.summary)}</td></tr>
`,
  );
  return markup`<section class="piece" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><a href="#${id}">${title}</a></h2>
<div class="scroll" tabindex="0"><table class="overview"><thead><tr><th scope="col">Address</th><th scope="col">What it does</th></tr></thead><tbody>
${rows}</tbody></table></div>
${operations.map((operation) => operationHtml(operation, reader, twinOf(operation, api)))}</section>
`;
}

/** An earlier operation that differs in nothing but its name, address and summary. */
function twinOf(operation: Operation, { operations }: Api): Operation | undefined {
  if (operation.bodies.length === 0) return undefined;
  const same = shapeOf(operation);
  const twin = operations.find((other) => shapeOf(other) === same);
  return twin === operation ? undefined : twin;
}

function shapeOf({ method, parameters, bodies, answers }: Operation): string {
  const kinds = bodies.map(({ type, schema }) => ({ type, schema }));
  return JSON.stringify([method, parameters, kinds, answers]);
}

function schemaSection([name, schema]: readonly [name: string, schema: unknown]): Markup {
  const id = `schema-${name}`;
  return markup`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="#${id}">${name}</a></h3>
${schemaHtml(schema)}</section>
`;
}
