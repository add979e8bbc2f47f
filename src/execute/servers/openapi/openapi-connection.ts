import type { FetchLike } from '@modelcontextprotocol/client';
import { Fault } from '../../../fault/fault.ts';
import type { AllowedTools } from '../../../normalize/request.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import type { CallOptions, Connection, ToolOutcome } from '../../ports.ts';
import { before } from '../deadline.ts';
import type { Endpoint } from '../mcp-client.ts';
import { cutText, toolOutcome } from '../mcp-content.ts';
import { abortFault, faultWithin, limitFault } from '../server-faults.ts';
import { isToolAllowed } from '../../../run/tool-filter.ts';
import { callRequest, WrongArguments } from './call-request.ts';
import { callResult, wrong } from './call-outcome.ts';
import { CannotCall } from './cannot-call.ts';
import { exchange, type Answer } from './exchange.ts';
import { findDocument, type FoundDocument } from './find-document.ts';
import { operationsOf } from './operations.ts';
import { onlyReads, operationTool, type CallPlan, type OperationTool } from './operation-tool.ts';
import { plainObject, textAt } from './pointer.ts';

/** An OpenAPI server and how to speak to it. */
export interface OpenapiEndpoint extends Endpoint {
  /** The fetch without the login of anybody, for operations at another origin. */
  readonly plain: FetchLike;
  /** Tools that may be used; all when absent. */
  readonly allowed?: AllowedTools;
}

/** UTF-16 code units of all tools together, as JSON. */
const MAX_TOOLS_LENGTH = 4 * 1024 * 1024;
/** Schemas that are looked at for one document, each as often as it is written out. */
const MAX_WORK = 1_000_000;

/**
 * Reads the document of a server and makes a tool of each operation.
 * @throws Fault `server_*`, `login_required`, `address_refused`, `cancelled`
 * @see spec/tool-servers.md, OpenAPI
 */
export async function connectOpenapi(
  endpoint: OpenapiEndpoint,
  signal: AbortSignal,
): Promise<Connection> {
  const { host, limits, secrets } = endpoint;
  const late = (): Fault => new Fault('server_timeout', `${host} did not answer in time.`);
  const stop = new AbortController();
  const aborted = (): Fault => abortFault(signal);
  try {
    const opening = opened(endpoint, stop.signal);
    return await before(opening, { signal, ms: limits.connectMs, late, aborted });
  } catch (error) {
    stop.abort();
    throw secrets.cleanFault(openapiFault(error, host));
  }
}

async function opened(endpoint: OpenapiEndpoint, signal: AbortSignal): Promise<Connection> {
  const found = await findDocument(endpoint, signal);
  const { root, version } = found.document;
  const { secrets } = endpoint;
  const tools = toolsOf(endpoint, found);
  const info = plainObject(root['info']);
  const name = secrets.clean(textAt(info['title']));
  const about = secrets.clean(textAt(info['description']));
  return {
    protocolVersion: `OpenAPI ${version}`,
    ...(name === '' ? {} : { name: cutText(name, 256) }),
    ...(about === '' ? {} : { instructions: cutText(about, 16 * 1024) }),
    // A tool is called by its name, so that stays as it is.
    tools: tools.map(({ description }) => ({
      ...secrets.clean(description),
      name: description.name,
    })),
    get usedLogin() {
      return endpoint.usedLogin();
    },
    call: (tool, args, options) => {
      const plan = tools.find(({ description }) => description.name === tool)?.plan;
      return outcomeOf(endpoint, plan ?? new CannotCall('there is no such operation'), {
        args,
        options,
      });
    },
    close: async () => {},
  };
}

function toolsOf(endpoint: OpenapiEndpoint, { document, url }: FoundDocument): OperationTool[] {
  const { host, limits, headers, allowed } = endpoint;
  const { root } = document;
  const operations = operationsOf(root).filter(({ name, method }) =>
    isToolAllowed({ name, readOnly: onlyReads(method) }, allowed),
  );
  if (operations.length > limits.tools) {
    throw limitFault(
      `${host} has ${operations.length} operations, and ${limits.tools} can be tools. Name those to use under allowed_tools.`,
    );
  }
  const context = {
    root,
    documentUrl: url,
    given: new Set(headers.keys()),
    limits,
    work: { left: MAX_WORK },
  };
  let left = MAX_TOOLS_LENGTH;
  const tools = operations.map((operation) => {
    const tool = operationTool(operation, context);
    left -= JSON.stringify(tool.description).length;
    if (left < 0) {
      throw limitFault(
        `The operations of ${host} are described at too great a length. Name those to use under allowed_tools.`,
      );
    }
    return tool;
  });
  const elsewhere = tools.map(({ plan }) => plan).filter(isElsewhere);
  const [first] = elsewhere;
  if (first !== undefined && elsewhere.length === tools.length) {
    throw new Fault('address_refused', `No operation of ${host} can be called: ${first.message}.`);
  }
  return tools;
}

function isElsewhere(plan: CallPlan | CannotCall): plan is CannotCall {
  return plan instanceof CannotCall && plan.isElsewhere;
}

interface Call {
  readonly args: JsonObject;
  readonly options: CallOptions;
}

async function outcomeOf(
  endpoint: OpenapiEndpoint,
  plan: CallPlan | CannotCall,
  { args, options }: Call,
): Promise<ToolOutcome> {
  const { host, secrets } = endpoint;
  try {
    if (plan instanceof CannotCall) {
      throw new WrongArguments(`This cannot be called from here: ${plan.message}.`);
    }
    const answer = await answerTo(endpoint, plan, { args, options });
    // Before anything is cut: half of a secret would not be found.
    return toolOutcome(secrets.clean(callResult(answer, plan.wants)));
  } catch (error) {
    if (options.signal.aborted) throw abortFault(options.signal);
    if (error instanceof WrongArguments) return toolOutcome(secrets.clean(wrong(error.message)));
    throw secrets.cleanFault(openapiFault(error, host));
  }
}

async function answerTo(
  endpoint: OpenapiEndpoint,
  plan: CallPlan,
  { args, options: { signal } }: Call,
): Promise<Answer> {
  const { limits, host } = endpoint;
  const { url, method, headers, body } = callRequest(plan, args);
  const { isOwn } = plan.base;
  const sent = new Headers(headers);
  if (isOwn) for (const [name, value] of endpoint.headers) sent.set(name, value);
  if (!sent.has('accept')) sent.set('accept', 'application/json, */*;q=0.5');
  const stop = new AbortController();
  const most = limits.responseBytes;
  const work = exchange({ send: isOwn ? endpoint.send : endpoint.plain, host, most }, url, {
    method,
    headers: sent,
    signal: stop.signal,
    ...(body === null ? {} : { body }),
  });
  const late = (): Fault => new Fault('server_timeout', `${host} did not answer in time.`);
  try {
    const aborted = (): Fault => abortFault(signal);
    return await before(work, { signal, ms: limits.callMs, late, aborted });
  } finally {
    stop.abort();
  }
}

function openapiFault(error: unknown, host: string): Fault {
  const known = faultWithin(error);
  if (known !== null) return known;
  if (error instanceof RangeError) return limitFault(`${host} sent something nested too deep.`);
  if (error instanceof CannotCall) {
    return new Fault(
      'server_garbage',
      `The OpenAPI document of ${host} cannot be used: ${error.message}.`,
    );
  }
  const message = `${host} sent something that cannot be read.`;
  return new Fault('server_garbage', message, { cause: error });
}
