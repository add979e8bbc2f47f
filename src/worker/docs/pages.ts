import openapi from '../../../spec/openapi.json' with { type: 'json' };
import type { Reader } from '../../publish/docs/curl.ts';
import { renderApi as renderApiOf } from '../../publish/docs/render-api.ts';

/** What the documentation is made of, in one module that is loaded when somebody reads it. */
export { DOCS_STYLE } from '../../publish/docs/docs-source.ts';
export { exampleNamed } from '../../publish/docs/examples.ts';
export { llmsText } from '../../publish/docs/llms-text.ts';
export { renderErrors } from '../../publish/docs/render-errors.ts';
export { renderExamples } from '../../publish/docs/render-examples.ts';
export { renderFormat } from '../../publish/docs/render-format.ts';

/** The contract in machine form. */
export function openapiText(): string {
  return `${JSON.stringify(openapi, null, 2)}\n`;
}

/** The same for people. */
export function renderApi(reader: Reader): string {
  return renderApiOf(openapi, reader);
}
