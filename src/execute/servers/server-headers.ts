import { Fault } from '../../fault/fault.ts';
import type { ToolServer } from '../../normalize/request.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const REFERENCE = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Names that would change where a request goes, how it is framed or whose cookies it carries, and
 * those that belong to the protocol itself.
 */
const REFUSED = new Set([
  'host',
  'cookie',
  'cookie2',
  'set-cookie',
  'content-length',
  'content-type',
  'content-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'forwarded',
  'last-event-id',
  'origin',
]);
const REFUSED_PREFIX = /^(?:proxy-|sec-|mcp-|x-forwarded-|cf-)/;

/**
 * The headers of a tool server with its secrets in them; made when the server is called and kept
 * nowhere.
 * @throws Fault `secret_missing` naming the secret, `secret_refused`, `invalid_prompt` naming a header that may not
 *   be sent
 * @see spec/tool-servers.md TS-8
 */
export function serverHeaders(
  server: Pick<ToolServer, 'headers' | 'authorization'>,
  secrets: (name: string) => string | null,
): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(server.headers)) {
    headers.set(checkedName(name), checkedValue(name, resolved(value, secrets)));
  }
  if (server.authorization !== undefined) {
    const token = resolved(server.authorization, secrets).replace(/^bearer +/i, '');
    headers.set('authorization', checkedValue('authorization', `Bearer ${token}`));
  }
  return headers;
}

function resolved(value: string, secrets: (name: string) => string | null): string {
  return value.replaceAll(REFERENCE, (_reference, name: string) => {
    const secret = secrets(name);
    if (secret !== null) return secret;
    throw new Fault('secret_missing', `The secret ${name} is not set on this server.`, {
      detail: { secret: name },
    });
  });
}

function checkedName(name: string): string {
  if (!isSendableName(name)) throw refused(name);
  return name.toLowerCase();
}

/** Whether a header of that name may go to a tool server. @see spec/tool-servers.md TS-9 */
export function isSendableName(name: string): boolean {
  const lower = name.toLowerCase();
  return NAME.test(name) && !REFUSED.has(lower) && !REFUSED_PREFIX.test(lower);
}

function checkedValue(name: string, value: string): string {
  if (!isSendableValue(value)) throw refused(name);
  return value.trim();
}

/**
 * Whether a value may stand in a header. A line break would begin a header of its own (header
 * injection).
 */
export function isSendableValue(value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const isOdd = /[\u0000-\u0008\u000A-\u001F\u007F]|[^\u0000-\u00FF]/.test(value);
  return !isOdd && value.length <= 8192;
}

/** Never shows the value, which may be a secret. */
function refused(name: string): Fault {
  const shown = JSON.stringify(name.slice(0, 64));
  return new Fault('invalid_prompt', `The header ${shown} cannot be sent to a tool server.`);
}
