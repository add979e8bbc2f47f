import { plainText } from '../markdown-html.ts';
import { markup } from '../markup.ts';
import type { Markup, MarkupPart } from '../markup.ts';
import type { Answer, Content, Operation, Parameter } from './api.ts';
import { partOf } from './api.ts';
import { curlFor } from './curl.ts';
import type { Reader } from './curl.ts';
import { schemaHtml, typeHtml } from './schema-html.ts';
import { sentence } from './sentence.ts';

/** What the security schemes are to a person. */
const PROOFS: Readonly<Record<string, string>> = {
  none: 'nothing',
  apiKey: 'an API key as bearer',
  ownerToken: 'the owner token as bearer',
  ownerCookie: 'the cookie of the browser that made it',
  session: 'a browser that signed in',
};

/**
 * One operation: what it takes, what it answers, how to ask it from a terminal.
 * @param twin an earlier one that takes and answers exactly the same
 */
export function operationHtml(
  operation: Operation,
  reader: Reader,
  twin: Operation | undefined,
): Markup {
  const { id, summary, description } = operation;
  return markup`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="#${id}">${addressHtml(operation)}</a></h3>
<p class="summary">${sentence(summary)}</p>
${description === '' ? null : markup`<p>${sentence(description)}</p>`}
${twin === undefined ? partsHtml(operation, reader) : markup`<p>Takes and answers the same as <a href="#${twin.id}">${addressHtml(twin)}</a>.</p>`}
</section>
`;
}

/** The method and the address of an operation. */
export function addressHtml({ method, path }: Operation): Markup {
  return markup`<span class="method">${method}</span> <code>${path}</code>`;
}

function partsHtml(operation: Operation, reader: Reader): Markup {
  const { parameters, bodies, answers, security } = operation;
  const command = curlFor(operation, reader);
  return markup`${command === null ? null : plainText(command)}${proofHtml(security)}${parametersHtml(parameters)}${bodiesHtml(bodies)}${answersHtml(answers)}`;
}

function proofHtml(security: readonly string[]): MarkupPart {
  const named = security.map((name) => PROOFS[name] ?? name);
  if (named.every((name) => name === PROOFS['none'])) return null;
  const others = named.filter((name) => name !== PROOFS['none']);
  const anybody = named.length === others.length ? '' : ', or nothing where this server lets you';
  return markup`<p class="quiet">Wants ${others.join(', or ')}${anybody}.</p>\n`;
}

function parametersHtml(parameters: readonly Parameter[]): MarkupPart {
  if (parameters.length === 0) return null;
  return markup`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Parameter</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${parameters.map(
  ({ name, place, schema, description }) =>
    markup`<tr><td><code>${name}</code> <span class="required">${place}</span></td><td class="type">${typeHtml(schema)}</td><td>${sentence(description)}</td></tr>
`,
)}</tbody></table></div>
`;
}

/** Bodies of the same kind in several media types stand once. */
function bodiesHtml(bodies: readonly Content[]): MarkupPart {
  const kinds = [...Map.groupBy(bodies, ({ schema }) => JSON.stringify(schema)).values()];
  return kinds.map((same) => {
    const types = same.map(({ type }, at) => [
      at === 0 ? ' ' : ' or ',
      markup`<code>${type}</code>`,
    ]);
    return markup`<h4>Body${types}</h4>
${schemaHtml(same[0]?.schema)}`;
  });
}

function answersHtml(answers: readonly Answer[]): Markup {
  const good = answers.filter(({ status }) => !isError(status));
  const errors = answers.filter(({ status }) => isError(status));
  return markup`<h4>Answers</h4>
<dl class="answers">
${good.map(answerHtml)}${
    errors.length === 0
      ? null
      : markup`<div><dt>${errors.map(({ status }) => `${status} `)}</dt><dd><a href="/docs/errors">Errors</a></dd></div>
`
  }</dl>
`;
}

function isError(status: string): boolean {
  return /^[45]/.test(status);
}

function answerHtml({ status, description, contents, headers }: Answer): Markup {
  const inner = contents.filter(({ schema }) => Object.hasOwn(partOf(schema), 'properties'));
  const named = headers.map(
    ({ name, description: meaning }) =>
      markup`<li><code>${name}</code> ${sentence(meaning)}</li>\n`,
  );
  return markup`<div><dt>${status}</dt><dd>${sentence(description)}${contents.map(contentHtml)}
${named.length === 0 ? null : markup`<ul class="headers">${named}</ul>`}${inner.map(({ schema }) => schemaHtml(schema))}</dd></div>
`;
}

function contentHtml({ type, schema }: Content): Markup {
  const isNamed = /"\$ref"/.test(JSON.stringify(schema));
  const body = isNamed ? markup`: ${typeHtml(schema)}` : null;
  return markup` <span class="content"><code>${type}</code>${body}</span>`;
}
