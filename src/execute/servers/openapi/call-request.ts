import { nestsDeeperThan } from '../../../protocol/json-depth.ts';
import { isObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { isSendableValue } from '../server-headers.ts';
import type { CallPlan } from './operation-tool.ts';
import type { Parameter } from './parameters.ts';
import type { BodyPlan } from './request-body.ts';
import { formPairs, queryPairs, textOf } from './query.ts';

/** A request as it is sent, without the headers of the prompt. */
export interface CallRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What is wrong with the arguments, in words for the model. */
export class WrongArguments extends Error {}

const MAX_URL = 16 * 1024;
const MAX_DEPTH = 32;

/**
 * The request of one call.
 * @throws WrongArguments
 * @see spec/tool-servers.md TS-84, TS-85
 */
export function callRequest(plan: CallPlan, args: JsonObject): CallRequest {
  checkArguments(plan, args);
  const { parameters, body, method } = plan;
  const headers: Record<string, string> = {};
  const query: string[] = [];
  for (const parameter of parameters) {
    const value = valueOf(args, parameter.arg);
    if (value === undefined) continue;
    if (parameter.in === 'header') headers[parameter.name] = headerValue(parameter, value);
    if (parameter.in === 'query') query.push(...queryPairs(parameter, value));
  }
  const text = body === null ? null : bodyText(plan, args);
  if (body !== null && text !== null) headers['content-type'] = body.mediaType;
  return { url: urlOf(plan, args, query), method, headers, body: text };
}

/** An argument that is not sent would be taken for one that was. */
function checkArguments({ parameters, body }: CallPlan, args: JsonObject): void {
  if (nestsDeeperThan(args, MAX_DEPTH)) throw new WrongArguments('The arguments nest too deep.');
  const own = body === null ? [] : body.arg === null ? body.fields : [body.arg];
  const known = new Set([...parameters.map(({ arg }) => arg), ...own]);
  const unknown = Object.keys(args).find((name) => !known.has(name));
  if (unknown !== undefined) {
    const names = known.size === 0 ? 'there are none' : `they are ${[...known].join(', ')}`;
    throw new WrongArguments(`There is no argument ${shown(unknown)}; ${names}.`);
  }
  const required = parameters.filter(({ isRequired }) => isRequired).map(({ arg }) => arg);
  const whole = body?.isRequired === true && body.arg !== null ? [body.arg] : [];
  const missing = [...required, ...whole].find((name) => valueOf(args, name) === undefined);
  if (missing !== undefined) throw new WrongArguments(`The argument ${missing} is missing.`);
}

/** Models send null for what they leave out. */
function valueOf(args: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(args, name) ? (args[name] ?? undefined) : undefined;
}

/**
 * The address. Whatever the values are, the path has the segments of the template: dots or slashes
 * in a value would otherwise call another operation (path traversal).
 */
function urlOf({ base, path, parameters }: CallPlan, args: JsonObject, query: string[]): URL {
  const values = new Map(
    parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => [parameter.name, segment(parameter, args)]),
  );
  const fill = (value: (name: string) => string): string =>
    path.replaceAll(/\{([^{}/]{1,128})\}/g, (_placeholder, name: string) => value(name));
  const [filled, plain] = [fill((name) => values.get(name) ?? ''), fill(() => 'x')];
  const search = query.length === 0 ? '' : `${path.includes('?') ? '&' : '?'}${query.join('&')}`;
  const url = new URL(base.url + filled + search);
  const { pathname } = new URL(base.url + plain);
  const isSame = url.pathname.split('/').length === pathname.split('/').length;
  if (url.origin !== base.origin || !isSame || url.hash !== '') {
    throw new WrongArguments('A value would change the path of the request.');
  }
  if (url.href.length > MAX_URL) throw new WrongArguments('The arguments are too long for a URL.');
  return url;
}

function segment(parameter: Parameter, args: JsonObject): string {
  const value = valueOf(args, parameter.arg) ?? '';
  const text = parameter.isJson ? JSON.stringify(value) : simple(value, parameter.explode);
  // An empty one would make `DELETE /things/` of `DELETE /things/{id}`.
  if (text === '' || isTraversal(text)) {
    throw new WrongArguments(`The argument ${parameter.arg} cannot stand in a path.`);
  }
  return encodeURIComponent(text.toWellFormed());
}

/** Also when a server decodes the path twice: `%252e%252e%252f`. */
function isTraversal(text: string): boolean {
  let current = text;
  for (let round = 0; round < 4; round += 1) {
    if (current.split(/[/\\]/).some((part) => part === '.' || part === '..')) return true;
    const next = current.replaceAll(/%(2e|2f|5c|25)/gi, (code) => decodeURIComponent(code));
    if (next === current) return false;
    current = next;
  }
  return true;
}

/** Lists and objects with commas between. @see RFC 6570 section 3.2.2 */
function simple(value: Json, explode: boolean): string {
  if (isList(value)) return value.map(textOf).join(',');
  if (!isObject(value)) return textOf(value);
  const mark = explode ? '=' : ',';
  return Object.entries(value)
    .map(([key, item]) => `${key}${mark}${textOf(item ?? null)}`)
    .join(',');
}

function headerValue(parameter: Parameter, value: Json): string {
  const text = parameter.isJson ? JSON.stringify(value) : simple(value, parameter.explode);
  if (isSendableValue(text)) return text.trim();
  throw new WrongArguments(`The argument ${parameter.arg} cannot stand in a header.`);
}

function bodyText({ body }: CallPlan, args: JsonObject): string | null {
  if (body === null) return null;
  if (body.arg !== null) {
    const value = Object.hasOwn(args, body.arg) ? args[body.arg] : undefined;
    if (value === undefined) return null;
    return written(body, value, body.arg);
  }
  const given = body.fields.filter((name) => Object.hasOwn(args, name));
  if (given.length === 0 && !body.isRequired) return null;
  return written(body, Object.fromEntries(given.map((name) => [name, args[name]])), 'body');
}

function written({ kind, deep }: BodyPlan, value: Json, name: string): string {
  if (kind === 'json') return JSON.stringify(value);
  if (kind === 'text') return textOf(value);
  if (isObject(value)) return new URLSearchParams(formPairs(value, deep)).toString();
  throw new WrongArguments(`The argument ${name} must be an object.`);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
