import {
  ProtocolError,
  SdkHttpError,
  type Tool,
  type Transport,
} from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import type { ServerMemo } from '../ports.ts';
import type { CallClock } from './call-clock.ts';
import { before } from './deadline.ts';
import { openClient, type Endpoint, type OnOpen, type OpenClient } from './mcp-client.ts';
import { checkedTools, listTools, type ListedTools } from './mcp-tools.ts';
import { abortFault, serverFault } from './server-faults.ts';
import { freshTools, memoOf } from './server-memo.ts';

/** Clients of sessions that are over, kept open for the calls that may still end on them. */
const MAX_OLD = 4;
const NEVER = new AbortController().signal;

/** An open client with what it was found to offer. */
interface Opened extends ListedTools {
  readonly open: OpenClient;
}

/**
 * The open client of one connection. It is opened once more when the server no longer knows its
 * session, or turns out to be another than was remembered: neither carried out what it was asked.
 * @see spec/tool-servers.md, Sessions and Memory
 */
export class McpSession {
  readonly endpoint: Endpoint;
  /** Fixed when the connection was opened. */
  readonly tools: ReadonlyMap<string, Tool>;
  /** Tools that cannot be used, by their names, each with why. */
  readonly leftOut: ReadonlyMap<string, Fault>;
  #open: OpenClient;
  /** Nothing that was asked so far shows that the memory is right. */
  #isUnproven: boolean;
  #renewing: Promise<OpenClient> | null = null;
  readonly #old: OpenClient[] = [];
  #isOver = false;

  constructor(endpoint: Endpoint, { open, tools, leftOut }: Opened, isUnproven: boolean) {
    this.endpoint = endpoint;
    this.tools = tools;
    this.leftOut = leftOut;
    this.#open = open;
    this.#isUnproven = isUnproven;
  }

  get open(): OpenClient {
    return this.#open;
  }

  /** Lets go of all clients but the one that is open, which is left to the caller. */
  async end(): Promise<OpenClient> {
    this.#isOver = true;
    await Promise.all(this.#old.map((old) => old.client.close().catch(() => {})));
    return this.#open;
  }

  /**
   * Makes one request, and once more when it was certainly not carried out.
   * @throws what the second one, or else the first, is rejected with
   */
  async use<T>(clock: CallClock, request: (open: OpenClient) => Promise<T>): Promise<T> {
    const open = this.#open;
    try {
      const result = await request(open);
      this.#isUnproven = false;
      return result;
    } catch (error) {
      const isWrong = this.#isUnproven && isWrongMemory(error);
      if (!isWrong && !isLostSession(error, open)) throw error;
      return await request(await clock.within(this.#renewed(open, isWrong)));
    }
  }

  /** One renewal serves all requests that failed on the same client. */
  async #renewed(failed: OpenClient, isWrong: boolean): Promise<OpenClient> {
    if (this.#open !== failed) return this.#open;
    this.#renewing ??= this.#renew(isWrong).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(isWrong: boolean): Promise<OpenClient> {
    const open = await opening(this.endpoint, NEVER, (onOpen) =>
      isWrong ? this.#relearned(onOpen) : this.#handshaken(onOpen),
    );
    // A connection that was closed meanwhile would leave this one to nobody.
    if (this.#isOver) {
      await open.client.close().catch(() => {});
      throw new Fault('server_unreachable', `The connection to ${this.endpoint.host} is closed.`);
    }
    this.#old.push(this.#open);
    this.#open = open;
    this.#isUnproven = false;
    const oldest = this.#old.length > MAX_OLD ? this.#old.shift() : undefined;
    await oldest?.client.close().catch(() => {});
    return open;
  }

  async #handshaken(onOpen: OnOpen): Promise<OpenClient> {
    const memo: ServerMemo = { era: 'handshake', until: Infinity };
    const open = await openClient(this.endpoint, onOpen, memo).catch((error: unknown) => {
      // An error of the handshake is no answer to the call.
      throw serverFault(error, this.endpoint.host);
    });
    open.wire.connectBytes = Infinity;
    return open;
  }

  /** The tools of a run are fixed: what was remembered must be what is there. */
  async #relearned(onOpen: OnOpen): Promise<OpenClient> {
    await this.endpoint.known?.keep(null);
    const { open, tools } = await opened(this.endpoint, onOpen, null);
    if (JSON.stringify([...tools]) === JSON.stringify([...this.tools])) return open;
    await open.client.close().catch(() => {});
    const message = `${this.endpoint.host} changed its tools since they were listed.`;
    throw new Fault('tools_changed', message);
  }
}

/**
 * Connects and lists the tools, with what is remembered of the server where that proves right.
 * @throws Fault `server_*`, `login_required`, and what the SDK throws
 */
export async function openSession(endpoint: Endpoint, onOpen: OnOpen): Promise<McpSession> {
  const memo = (await endpoint.known?.recall()) ?? null;
  if (memo !== null) {
    try {
      const result = await opened(endpoint, onOpen, memo);
      return new McpSession(endpoint, result, freshTools(memo) !== null);
    } catch (error) {
      if (!isOtherServer(error, endpoint.host)) throw error;
      await endpoint.known?.keep(null);
    }
  }
  return new McpSession(endpoint, await opened(endpoint, onOpen, null), false);
}

async function opened(
  endpoint: Endpoint,
  onOpen: OnOpen,
  memo: ServerMemo | null,
): Promise<Opened> {
  const first = await openClient(endpoint, onOpen, memo);
  const result = await listedOn(first, endpoint, memo).catch(async (error: unknown) => {
    await first.transport.close().catch(() => {});
    if (!isLostSession(error, first)) throw error;
    const again: ServerMemo = { era: 'handshake', until: Infinity };
    return await listedOn(await openClient(endpoint, onOpen, again), endpoint, null);
  });
  result.open.wire.connectBytes = Infinity;
  return result;
}

async function listedOn(
  open: OpenClient,
  endpoint: Endpoint,
  memo: ServerMemo | null,
): Promise<Opened> {
  const { limits, host, known, secrets } = endpoint;
  const { client, wire } = open;
  const remembered = freshTools(memo);
  if (remembered !== null) {
    const tools = checkedTools(remembered, limits, host);
    return { open, tools, leftOut: new Map(), ttlMs: undefined };
  }
  const { tools, leftOut, ttlMs } = await listTools(client, wire);
  const discover = client.getDiscoverResult();
  const learned = memoOf({ kind: wire.kind, discover, tools: [...tools.values()], ttlMs });
  // A server that repeats what it was sent would put a secret into the memory.
  const isClean = JSON.stringify(secrets.clean(learned)) === JSON.stringify(learned);
  if (isClean && (memo === null || learned.tools !== undefined)) {
    // A list that is renewed does not renew what it was found with.
    await known?.keep({ ...learned, until: memo?.until ?? learned.until });
  }
  return { open, tools, leftOut, ttlMs };
}

/**
 * Opens something within the time for connecting, and closes what was opened when that fails.
 * @throws Fault `server_timeout`, or `cancelled` when the signal aborts
 */
export async function opening<T>(
  { host, limits }: Endpoint,
  signal: AbortSignal,
  open: (onOpen: OnOpen) => Promise<T>,
): Promise<T> {
  const late = (): Fault => new Fault('server_timeout', `${host} did not answer in time.`);
  const aborted = (): Fault => abortFault(signal);
  const transports: Transport[] = [];
  let isOver = false;
  const onOpen = (made: Transport): void => {
    // A transport that begins after the end would have nobody to close it.
    if (isOver) throw late();
    transports.push(made);
  };
  try {
    return await before(open(onOpen), { signal, ms: limits.connectMs, late, aborted });
  } catch (error) {
    isOver = true;
    await Promise.all(transports.map((transport) => transport.close().catch(() => {})));
    throw error;
  }
}

/** A request in a session that the server no longer knows was not carried out. */
function isLostSession(error: unknown, { transport }: OpenClient): boolean {
  const isNotFound = error instanceof SdkHttpError && error.status === 404;
  return isNotFound && transport.sessionId !== undefined;
}

/** `UnsupportedProtocolVersion` and `HeaderMismatch` of 2026-07-28. */
const WRONG_CODES = new Set([-32_022, -32_020]);

/** How a server refuses, before it does anything, what does not fit its protocol version. */
function isWrongMemory(error: unknown): boolean {
  if (error instanceof SdkHttpError) return [400, 404, 405].includes(error.status);
  return error instanceof ProtocolError && WRONG_CODES.has(error.code);
}

/** Whether a failure to connect could come from speaking to the server in the remembered way. */
function isOtherServer(error: unknown, host: string): boolean {
  const { code } = serverFault(error, host);
  const codes = ['server_error', 'server_not_mcp', 'server_garbage', 'server_unsupported'];
  return codes.includes(code);
}
