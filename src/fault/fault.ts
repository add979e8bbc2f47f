/**
 * What can go wrong in the world, as opposed to in the text of a prompt (that is a `Problem`).
 * This one table maps every code to its HTTP status, the exit code of the command line and the
 * sentence a person reads; `spec/faults.md` is generated from it.
 */

interface FaultEntry {
  /** HTTP status of a response that reports this fault. */
  readonly http: number;
  /** Exit code of `mdops`: 1 failed, 2 bad prompt or usage, 3 a limit, 4 somebody must act, 5 ended from outside. */
  readonly exit: 1 | 2 | 3 | 4 | 5;
  /** What happened, in words that reveal nothing of the network inside. */
  readonly text: string;
}

export const FAULTS = {
  // The request to us.
  bad_request: { http: 400, exit: 2, text: 'The request could not be understood.' },
  invalid_json: {
    http: 400,
    exit: 2,
    text: 'The body says it is JSON but cannot be read as JSON.',
  },
  invalid_prompt: { http: 422, exit: 2, text: 'The prompt has problems that must be fixed first.' },
  not_text: { http: 422, exit: 2, text: 'The body is not UTF-8 text. Save the document as UTF-8.' },
  too_large: { http: 413, exit: 2, text: 'The body is larger than this server accepts.' },
  unsupported_media_type: {
    http: 415,
    exit: 2,
    text: 'This media type is not a prompt. Send Markdown, JSON or a form.',
  },
  idempotency_mismatch: {
    http: 422,
    exit: 2,
    text: 'This Idempotency-Key was used for another request. Use a new one.',
  },
  rate_limited: {
    http: 429,
    exit: 3,
    text: 'Too many runs were started, or go on at the same time. Try again later.',
  },
  not_ended: { http: 409, exit: 2, text: 'The run goes on. Cancel it or wait for its end.' },
  unauthorized: {
    http: 401,
    exit: 4,
    text: 'This server runs prompts only for callers it knows. Sign in, or send an API key as a Bearer token.',
  },
  owner_required: {
    http: 401,
    exit: 4,
    text: "Only the run's owner may do this. Send its owner token, or the API key that made it.",
  },
  not_yours: {
    http: 403,
    exit: 4,
    text: 'There is no such login link for you. Sign in as who started the run.',
  },
  cross_site: {
    http: 403,
    exit: 4,
    text: 'A page of another site may not do this. Do it on a page of this server.',
  },
  wrong_host: {
    http: 421,
    exit: 2,
    text: 'This server does not answer for that host name. Its operator names hosts in PUBLIC_URL.',
  },
  not_found: { http: 404, exit: 2, text: 'There is no such page or run. Is the address whole?' },
  method_not_allowed: {
    http: 405,
    exit: 2,
    text: 'This address does not take that method. Allow names those it takes.',
  },
  not_acceptable: { http: 406, exit: 2, text: 'There is no such form of this document.' },
  not_finished: { http: 409, exit: 2, text: 'This run has not ended yet. Read it again later.' },
  gone: { http: 410, exit: 2, text: 'This run has expired and was removed.' },
  misconfigured: {
    http: 503,
    exit: 2,
    text: 'A setting of this server is wrong; its operator must correct it.',
  },
  internal: {
    http: 500,
    exit: 1,
    text: 'Something failed inside the server. Try again; if it stays, tell its operator.',
  },

  // Addresses.
  address_refused: { http: 422, exit: 1, text: 'This address may not be reached from a prompt.' },

  // Context.
  reference_failed: {
    http: 502,
    exit: 1,
    text: 'A document that the prompt refers to could not be read.',
  },

  // Tool servers.
  server_unreachable: {
    http: 502,
    exit: 1,
    text: 'The tool server could not be reached. Check its address, and that it runs.',
  },
  server_timeout: { http: 504, exit: 1, text: 'The tool server did not answer in time.' },
  server_error: { http: 502, exit: 1, text: 'The tool server answered with an error.' },
  server_not_mcp: {
    http: 502,
    exit: 1,
    text: 'The address answers, but not as an MCP server. Is it whole? Many end in /mcp.',
  },
  server_garbage: { http: 502, exit: 1, text: 'The tool server sent something that is not MCP.' },
  server_limit: { http: 502, exit: 1, text: 'The tool server sent more than a run may hold.' },
  server_unsupported: {
    http: 422,
    exit: 2,
    text: 'This kind of tool server is not supported here.',
  },
  login_required: { http: 401, exit: 4, text: 'The tool server wants a login.' },
  login_unavailable: {
    http: 502,
    exit: 1,
    text: 'The tool server wants a login, but offers none that can be used.',
  },
  login_denied: {
    http: 403,
    exit: 4,
    text: 'The login was refused. Try again, and allow it there.',
  },
  login_invalid: {
    http: 400,
    exit: 4,
    text: 'This login is over or was begun elsewhere. Open the link again.',
  },
  login_expired: { http: 410, exit: 4, text: 'Nobody logged in to the tool server in time.' },
  approval_required: {
    http: 200,
    exit: 4,
    text: 'A tool call wants approval, and nobody can give it here.',
  },
  approval_expired: {
    http: 410,
    exit: 4,
    text: 'Nobody said in time whether a tool may be called.',
  },
  approval_mismatch: {
    http: 409,
    exit: 1,
    text: 'What was approved is not what would be called. It was not called.',
  },
  already_answered: {
    http: 409,
    exit: 2,
    text: 'This was answered before, or is no longer waited for.',
  },
  tools_changed: {
    http: 502,
    exit: 1,
    text: 'The tool server changed its tools in the middle of the run.',
  },
  secret_missing: { http: 422, exit: 2, text: 'A secret that the prompt names is not set.' },
  secret_refused: {
    http: 422,
    exit: 2,
    text: 'A secret that the prompt names may not be sent to this server.',
  },

  // The model.
  model_not_found: { http: 422, exit: 2, text: 'There is no such model.' },
  model_unauthorized: { http: 502, exit: 1, text: "The model provider refused the server's key." },
  model_rate_limited: {
    http: 429,
    exit: 1,
    text: 'The model provider limits the rate of requests.',
  },
  model_rejected: { http: 502, exit: 1, text: 'The model provider rejected the request.' },
  model_unavailable: { http: 502, exit: 1, text: 'The model provider failed.' },
  model_timeout: { http: 504, exit: 1, text: 'The model did not answer in time.' },
  model_cut_off: { http: 502, exit: 1, text: 'The model was cut off in the middle of its answer.' },
  model_garbage: {
    http: 502,
    exit: 1,
    text: 'The model provider sent something that is not a chat completion.',
  },
  output_invalid: {
    http: 502,
    exit: 1,
    text: 'The answer does not fit the schema that the prompt asks for.',
  },

  // Limits of a run; each is a stop reason of its own.
  max_steps: { http: 200, exit: 3, text: 'The run used all the model steps it may take.' },
  max_tool_calls: { http: 200, exit: 3, text: 'The run used all the tool calls it may make.' },
  max_total_tokens: { http: 200, exit: 3, text: 'The run used all the tokens it may spend.' },
  max_cost: { http: 200, exit: 3, text: 'The run cost all the money it may cost.' },
  max_stored_bytes: { http: 200, exit: 3, text: 'The run wrote all the bytes it may keep.' },
  timeout: { http: 200, exit: 3, text: 'The run took all the time it may take.' },

  // Ended from outside.
  cancelled: { http: 200, exit: 5, text: 'The run was cancelled.' },
  interrupted: {
    http: 500,
    exit: 5,
    text: 'The request that this run was part of broke off without an end.',
  },
  expired: { http: 410, exit: 5, text: 'The run waited too long and expired.' },
} as const satisfies Record<string, FaultEntry>;

/** The stable name of a fault; part of the API. */
export type FaultCode = keyof typeof FAULTS;

/** A fault as data: what events, JSON and error responses carry. Never a stack. */
export interface FaultData {
  readonly code: FaultCode;
  /** One or more sentences for a person. */
  readonly message: string;
  /** Evidence that may be shown: a status, a host, a limit. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** An operational failure with a stable code. What caused it stays in `cause` and is never shown. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultData['detail'];

  /**
   * @param code the stable name, a key of {@link FAULTS}
   * @param message what a person reads; the table's text when left out
   * @param options `detail` may be shown, `cause` never is
   */
  constructor(
    code: FaultCode,
    message: string = FAULTS[code].text,
    options: { detail?: FaultData['detail']; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = options.detail;
  }

  /** The part of a fault that may leave the process. */
  toJSON(): FaultData {
    return faultData(this.code, this.message, this.detail);
  }
}

/** A fault as data, with the table's text when no better message is at hand. */
export function faultData(
  code: FaultCode,
  message: string = FAULTS[code].text,
  detail?: FaultData['detail'],
): FaultData {
  return detail === undefined ? { code, message } : { code, message, detail };
}

/** Any thrown value as a fault: a `Fault` stays itself, everything else becomes `otherwise`. */
export function asFault(thrown: unknown, otherwise: FaultCode = 'internal'): Fault {
  return thrown instanceof Fault ? thrown : new Fault(otherwise, undefined, { cause: thrown });
}
