import { ProtocolError, type CallToolResult, type Tool } from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { CallOptions } from '../ports.ts';
import { CallClock } from './call-clock.ts';
import { answered, elicitationOf, type SentAnswer } from './elicitation.ts';
import type { OpenClient } from './mcp-client.ts';
import type { McpSession } from './mcp-session.ts';
import { progressOf } from './mcp-progress.ts';
import { isTaskOnly, startTask, taskResult } from './mcp-task.ts';
import { limitFault } from './server-faults.ts';
import { StartedTask } from './started-task.ts';

/** Rounds of questions that one call may take, and questions in all of them. */
const MAX_ROUNDS = 5;
const MAX_QUESTIONS = 20;
/** Before a request is repeated only because the server wants to be asked again. */
const PAUSE_MS = 250;
const ELICITATION_REQUIRED = -32_042;
/** Longer than any call; the clock of the call ends it. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** What is called. */
export interface Call {
  readonly tool: string;
  readonly args: JsonObject;
  readonly options: CallOptions;
}

/**
 * One call, from its first request to its result: questions are answered and tasks are waited for.
 * @throws what the SDK throws, and Fault `server_*`
 */
export async function callTool(session: McpSession, call: Call): Promise<CallToolResult> {
  const calling = new Calling(session, call);
  try {
    return await calling.result();
  } finally {
    calling.clock.end();
  }
}

/** What may come in place of a result. */
interface InputRequired {
  readonly resultType: 'input_required';
  readonly inputRequests?: unknown;
  readonly requestState?: string;
}

/** One call under way. */
export class Calling {
  readonly clock: CallClock;
  readonly session: McpSession;
  readonly call: Call;
  #questions = 0;

  constructor(session: McpSession, call: Call) {
    this.session = session;
    this.call = call;
    this.clock = new CallClock(session.endpoint.limits.callMs, call.options.signal);
  }

  async result(): Promise<CallToolResult> {
    const definition = this.session.tools.get(this.call.tool);
    const isTask = isTaskOnly(definition, this.session.open);
    const once = () => (isTask ? startTask(this) : this.#rounds(definition));
    try {
      return await once();
    } catch (error) {
      const urls = requiredUrls(error);
      if (urls === null || !(await this.#allAccepted(urls))) throw error;
      return await once();
    }
  }

  /**
   * Makes a request of this call, so that the questions in its stream find the call.
   * @param request is given what the SDK is to be given with it
   */
  async request<T>(request: (open: OpenClient, options: RequestOptions) => Promise<T>): Promise<T> {
    return this.session.use(this.clock, async (open) => {
      const canAsk = this.call.options.onElicit !== undefined;
      const ask = (params: unknown, signal: AbortSignal) => this.ask(params, signal);
      const tag = open.wire.calls.begin({ ask, canAsk });
      try {
        return await request(open, {
          signal: this.clock.signal,
          timeout: NO_TIMEOUT,
          onresumptiontoken: tag,
        });
      } finally {
        open.wire.calls.end(tag);
      }
    });
  }

  /** Asks the person; whatever cannot be asked is declined. */
  async ask(params: unknown, signal: AbortSignal): Promise<SentAnswer> {
    const { onElicit } = this.call.options;
    const asked = elicitationOf(params, this.session.endpoint);
    this.#questions += 1;
    if (onElicit === undefined || asked === null || this.#questions > MAX_QUESTIONS) {
      return { action: 'decline' };
    }
    const either = AbortSignal.any([signal, this.clock.signal]);
    return answered(await this.clock.outside(() => onElicit(asked, either)), asked);
  }

  /**
   * Answers the questions that came in place of a result.
   * @throws Fault `server_unsupported` for anything but a question to a person
   */
  async answers(requests: unknown): Promise<JsonObject> {
    const answers: [string, JsonObject][] = [];
    for (const [key, request] of Object.entries(isObject(requests) ? requests : {})) {
      if (!isObject(request) || request['method'] !== 'elicitation/create') throw notOffered(this);
      answers.push([key, { ...(await this.ask(request['params'], this.clock.signal)) }]);
    }
    return Object.fromEntries(answers);
  }

  async #rounds(definition: Tool | undefined): Promise<CallToolResult> {
    let more: JsonObject = {};
    for (let round = 0; round <= MAX_ROUNDS; round += 1) {
      const result = await this.#sent(definition, more);
      if (result instanceof StartedTask) return await taskResult(this, result);
      if (!isInputRequired(result)) return result;
      if (round === MAX_ROUNDS) break;
      const { inputRequests, requestState } = result;
      const isAsked = isObject(inputRequests) && Object.keys(inputRequests).length > 0;
      // It was told so already, in the first round.
      if (isAsked && round > 0 && this.call.options.onElicit === undefined) throw unanswered(this);
      if (!isAsked) await this.clock.sleep(PAUSE_MS);
      more = {
        inputResponses: await this.answers(inputRequests),
        ...(requestState === undefined ? {} : { requestState }),
      };
    }
    throw limitFault(`${this.session.endpoint.host} asks for input without end.`);
  }

  async #sent(
    definition: Tool | undefined,
    more: JsonObject,
  ): Promise<CallToolResult | InputRequired | StartedTask> {
    const { tool, args, options } = this.call;
    try {
      return await this.request(async ({ client, wire }, given) =>
        client.callTool(
          { name: tool, arguments: args, ...more },
          {
            ...given,
            ...progressOf(options.onProgress, wire),
            allowInputRequired: true,
            ...(definition === undefined ? {} : { toolDefinition: withoutOutput(definition) }),
          },
        ),
      );
    } catch (error) {
      if (error instanceof ProtocolError && error.data instanceof StartedTask) return error.data;
      throw error;
    }
  }

  async #allAccepted(urls: readonly unknown[]): Promise<boolean> {
    for (const params of urls) {
      const { action } = await this.ask(params, this.clock.signal);
      if (action !== 'accept') return false;
    }
    return true;
  }
}

/** What a request of a call is made with. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly timeout: number;
  readonly onresumptiontoken: (eventId: string) => void;
}

function isInputRequired(result: CallToolResult | InputRequired): result is InputRequired {
  return 'resultType' in result && result.resultType === 'input_required';
}

function unanswered({ session }: Calling): Fault {
  const message = `${session.endpoint.host} asks a person, and nobody can answer here.`;
  return new Fault('server_unsupported', message);
}

function notOffered({ session }: Calling): Fault {
  const message = `${session.endpoint.host} asks for more than a person's answer.`;
  return new Fault('server_unsupported', message);
}

/** The addresses of `URLElicitationRequired`, each as the parameters of a question. */
function requiredUrls(error: unknown): readonly unknown[] | null {
  if (!(error instanceof ProtocolError) || error.code !== ELICITATION_REQUIRED) return null;
  const { data } = error;
  const list = isObject(data) ? data['elicitations'] : null;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_QUESTIONS) return null;
  return list.map((item: unknown) => (isObject(item) ? { ...item, mode: 'url' } : item));
}

/** The SDK would fail a call whose result does not fit the schema; the model can judge that. */
function withoutOutput({ outputSchema: _unused, ...tool }: Tool): Tool {
  return tool;
}
