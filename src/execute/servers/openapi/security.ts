import type { Json, JsonObject } from '../../../protocol/json.ts';
import { CannotCall } from './cannot-call.ts';
import { listAt, objectAt, plainObject, textAt } from './pointer.ts';

const MAX_SCHEMES = 4;

/**
 * What an operation wants for credentials, in words for the person who gives them; '' for nothing.
 * Security schemes decide nothing here: what is sent is what the prompt gives.
 * @see spec/tool-servers.md TS-87; OpenAPI 3.1.0 section 4.8.27
 */
export function wantedBy(root: JsonObject, operation: JsonObject): string {
  const requirements = listAt(operation['security'] ?? root['security'])
    .slice(0, MAX_SCHEMES)
    .map(plainObject);
  const names = new Set(requirements.flatMap((requirement) => Object.keys(requirement)));
  const schemes = plainObject(plainObject(root['components'])['securitySchemes']);
  const words = [...names].slice(0, MAX_SCHEMES).flatMap((name) => {
    const scheme = Object.hasOwn(schemes, name) ? schemeWords(root, schemes[name]) : '';
    return scheme === '' ? [] : [scheme];
  });
  return [...new Set(words)].join(', or ');
}

function schemeWords(root: JsonObject, written: Json | undefined): string {
  try {
    return wordsOf(objectAt(root, written));
  } catch (error) {
    if (error instanceof CannotCall) return '';
    throw error;
  }
}

function wordsOf({ type, scheme, in: place, name }: JsonObject): string {
  const key = JSON.stringify(textAt(name).slice(0, 64));
  switch (type) {
    case 'apiKey':
      return place === 'header'
        ? `an API key in the header ${key}: give it under headers`
        : `an API key in the ${place === 'cookie' ? 'cookie' : 'query'} ${key}, which cannot be given here`;
    case 'http':
      return textAt(scheme).toLowerCase() === 'bearer'
        ? 'a bearer token: give it with authorization'
        : 'a header Authorization: give it under headers';
    case 'oauth2':
    case 'openIdConnect':
      return 'a login: give an access token with authorization';
    default:
      return '';
  }
}
