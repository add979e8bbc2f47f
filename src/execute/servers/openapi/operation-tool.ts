import type { Json, JsonObject } from '../../../protocol/json.ts';
import type { ToolDescription } from '../../ports.ts';
import { cutText } from '../mcp-content.ts';
import type { ServerLimits } from '../server-limits.ts';
import { baseAddress, type BaseAddress } from './base-address.ts';
import { CannotCall } from './cannot-call.ts';
import type { Operation } from './operations.ts';
import { parametersOf, type Parameter } from './parameters.ts';
import { listAt, plainObject } from './pointer.ts';
import { bodyPlan, type BodyPlan } from './request-body.ts';
import { TooLong } from './schema.ts';
import { wantedBy } from './security.ts';

/** How one operation is called. */
export interface CallPlan {
  readonly method: string;
  readonly path: string;
  readonly base: BaseAddress;
  readonly parameters: readonly Parameter[];
  readonly body: BodyPlan | null;
  /** What to say when the server wants credentials; '' when the document says nothing of them. */
  readonly wants: string;
}

/** An operation as a tool. */
export interface OperationTool {
  readonly description: ToolDescription;
  readonly plan: CallPlan | CannotCall;
}

/** What all operations of a document have in common. */
export interface ToolContext {
  readonly root: JsonObject;
  readonly documentUrl: URL;
  /** Lower-case names of headers that the prompt gives. */
  readonly given: ReadonlySet<string>;
  readonly limits: ServerLimits;
  /** Schemas that may still be looked at. */
  readonly work: { left: number };
}

const MAX_DESCRIPTION = 4096;
/** Levels of schemas that are tried until the tool is short enough. */
const DEPTHS = [16, 6, 3, 1];
const MAX_NODES = 2000;

/**
 * An operation as a tool. One that cannot be called from here is a tool too, and says why: left out,
 * it would look as if the document did not have it. So is one that is too long, however little of
 * its schemas is written out.
 * @see spec/tool-servers.md TS-82 to TS-85
 */
export function operationTool(operation: Operation, context: ToolContext): OperationTool {
  const { limits } = context;
  for (const depth of DEPTHS) {
    const tool = describedTool(operation, context, Math.min(depth, limits.schemaDepth / 2));
    if (tool === null) continue;
    if (JSON.stringify(tool.description).length <= limits.toolLength) return tool;
  }
  return uncallable(operation, new CannotCall('it is described at too great a length'));
}

/** Null when it is too long in that depth. */
function describedTool(
  operation: Operation,
  context: ToolContext,
  depth: number,
): OperationTool | null {
  try {
    const plan = planOf(operation, context, depth);
    return { description: toolOf(operation, argumentsOf(plan)), plan };
  } catch (error) {
    if (error instanceof TooLong) return null;
    if (error instanceof CannotCall) return uncallable(operation, error);
    throw error;
  }
}

function uncallable(operation: Operation, problem: CannotCall): OperationTool {
  const schema = { type: 'object', properties: {} };
  return { description: toolOf(operation, schema, problem), plan: problem };
}

function planOf(
  { method, path, item, operation }: Operation,
  { root, documentUrl, given, limits, work }: ToolContext,
  depth: number,
): CallPlan {
  const reading = {
    root,
    given,
    budget: { depth, nodes: MAX_NODES, length: limits.toolLength, work },
  };
  const servers = [operation['servers'], item['servers'], root['servers']];
  const base = baseAddress(servers, documentUrl);
  const lists = [item['parameters'], operation['parameters']];
  const parameters = parametersOf(path, lists, reading);
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody ? bodyPlan(operation['requestBody'], parameters, reading) : null;
  return { method, path, base, parameters, body, wants: wantedBy(root, operation) };
}

/** Whether operations of this method change nothing, by what HTTP says of it. @see RFC 9110 9.2.1 */
export function onlyReads(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method);
}

function toolOf(
  { name, method, path, operation }: Operation,
  inputSchema: JsonObject,
  problem?: CannotCall,
): ToolDescription {
  const texts = [operation['summary'], operation['description']]
    .filter(isText)
    .map((text) => cutText(text, MAX_DESCRIPTION));
  const said = texts.length === 0 ? [`${method} ${path}`] : texts;
  const notes = [
    ...(operation['deprecated'] === true ? ['Deprecated.'] : []),
    ...(problem === undefined ? [] : [`Cannot be called from here: ${problem.message}.`]),
  ];
  const readOnly = onlyReads(method);
  return {
    name,
    description: [...notes, cutText(said.join('\n\n'), MAX_DESCRIPTION)].join('\n\n'),
    inputSchema,
    readOnly,
    idempotent: readOnly || method === 'PUT' || method === 'DELETE',
  };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

/** One object with the parameters and the body, or the fields of the body. */
function argumentsOf({ parameters, body }: CallPlan): JsonObject {
  const properties = parameters.map(({ arg, schema }): [string, Json] => [arg, schema]);
  const required: Json[] = parameters.filter((each) => each.isRequired).map(({ arg }) => arg);
  if (body !== null && body.arg !== null) {
    const schema = body.kind === 'text' ? textSchema(body) : body.schema;
    properties.push([body.arg, schema]);
    if (body.isRequired) required.push(body.arg);
  }
  if (body !== null && body.arg === null) {
    const fields = plainObject(body.schema['properties']);
    properties.push(...body.fields.map((name): [string, Json] => [name, fields[name] ?? {}]));
    required.push(...listAt(body.schema['required']).filter((name) => isIn(name, body.fields)));
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function isIn(name: Json, fields: readonly string[]): boolean {
  return typeof name === 'string' && fields.includes(name);
}

function textSchema({ mediaType, schema }: BodyPlan): JsonObject {
  const { description } = schema;
  return { type: 'string', description: isText(description) ? description : `As ${mediaType}.` };
}
