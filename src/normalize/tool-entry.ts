import { withoutBridge } from './bridged-server.ts';
import { readApproval, readToolFilter } from './approval.ts';
import type { Settings } from './given.ts';
import type { Place } from './placed-problems.ts';
import { checkSecret, readHeaders } from './headers.ts';
import { isLiteralSecret, normalizeSecrets } from './secrets.ts';
import type { ApprovalPolicy, ToolServer } from './request.ts';
import { readServerAddress, type ServerAddress } from './server-url.ts';

/** A server that an entry under `tools` names, before it is made unique. */
export interface ServerEntry {
  readonly url: string;
  readonly type: ToolServer['type'];
  /** Given by the author; derived from the address when absent. */
  readonly label?: string;
  readonly description?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization?: string;
  /** Names; all when absent. */
  readonly allowed_tools?: readonly string[];
  /** Only tools that say that they only read, or only the others. */
  readonly read_only?: boolean;
  readonly require_approval?: ApprovalPolicy;
  readonly from: ToolServer['from'];
  readonly line?: number;
  readonly operator?: number;
}

/** What reading an entry needs around it. */
export interface EntryContext {
  readonly settings: Settings;
  readonly place: Place;
  readonly ownOrigins: readonly string[];
}

type Path = readonly (string | number)[];

/** `type:` values that mean an MCP server at a URL. */
const MCP_TYPES = new Set([
  'mcp',
  'http',
  'sse',
  'streamable_http',
  'streamablehttp',
  'remote',
  'url',
]);

/** An entry written as a text, or null when the text is no address. */
export function addressEntry(text: string, context: EntryContext, path: Path): ServerEntry | null {
  const address = readServerAddress(text, context.ownOrigins);
  if (address === null) {
    return null;
  }
  return { ...addressFields(address, context, path), type: 'mcp', headers: {} };
}

function addressFields(address: ServerAddress, context: EntryContext, path: Path) {
  const { settings, place } = context;
  checkUrlSecrets(address.url, context, path);
  const line = settings.position(place, path)?.line;
  return {
    url: address.url,
    from: place.from,
    ...(address.tool === undefined ? {} : { allowed_tools: [address.tool] }),
    ...(line === undefined ? {} : { line }),
  };
}

/** A token in an address would be published with it. */
function checkUrlSecrets(url: string, { settings, place }: EntryContext, path: Path): void {
  if (!URL.canParse(url)) {
    return;
  }
  const { username, password, search } = new URL(url);
  const pairs = search
    .slice(1)
    .split('&')
    .map((pair) => pair.split('='));
  const literal = pairs.some(
    ([name = '', value = '']) => value !== '' && isLiteralSecret(name, value),
  );
  if (literal || username !== '' || password !== '') {
    const message =
      'The address of the tool server holds what looks like a token. Send it in headers, as ${env:NAME}.';
    settings.report('error', 'literal_secret', message, settings.position(place, path));
  }
}

/**
 * An entry written as a map: OpenAI's object, or the form of other tools' `mcp-servers`.
 *
 * @param key the key of the map form, which is the label
 * @returns null when it is no server; that was reported
 */
export function objectEntry(
  given: Readonly<Record<string, unknown>>,
  context: EntryContext,
  path: Path,
  key?: string,
): ServerEntry | null {
  const { settings, place } = context;
  const at = settings.position(place, path);
  const value = withoutBridge(given);
  const type = serverType(value);
  const written = value['server_url'] ?? value['serverUrl'] ?? value['url'];
  if (type === 'stdio' || (written === undefined && isProcess(value))) {
    const message = `${key ?? 'This tool server'} is a local program (stdio), which cannot be started here. Give the URL of a server.`;
    settings.report('error', 'stdio_server', message, at);
    return null;
  }
  const address =
    typeof written === 'string' ? readServerAddress(written, context.ownOrigins) : null;
  if (type === null || address === null) {
    const message =
      type === null
        ? `There is no tool server of type ${JSON.stringify(value['type'])}.`
        : noUrl(key, written);
    settings.report('error', 'invalid_server', message, at);
    return null;
  }
  return {
    ...addressFields(address, context, path),
    ...entryTexts(value, key),
    ...entryAuthorization(value, context, path),
    ...entryTools(value, address, context, path),
    type,
    headers: readHeaders(value['headers'], settings, place, [...path, 'headers']),
  };
}

function serverType(value: Readonly<Record<string, unknown>>): 'mcp' | 'openapi' | 'stdio' | null {
  const written = value['type'] ?? 'mcp';
  const type = typeof written === 'string' ? written.toLowerCase().replaceAll('-', '_') : '';
  if (type === 'openapi') {
    return 'openapi';
  }
  if (type === 'stdio' || type === 'local') {
    return 'stdio';
  }
  return MCP_TYPES.has(type) ? 'mcp' : null;
}

function isProcess(value: Readonly<Record<string, unknown>>): boolean {
  return 'command' in value || 'container' in value;
}

function noUrl(key: string | undefined, written: unknown): string {
  const name = key === undefined ? 'This tool server' : `The tool server ${key}`;
  if (typeof written === 'string' && written.includes('${')) {
    return `${name} has a secret in its address. Secrets can only stand in headers and authorization.`;
  }
  return written === undefined
    ? `${name} has no server_url.`
    : `${name} has an address that is no URL.`;
}

function entryTexts(value: Readonly<Record<string, unknown>>, key: string | undefined) {
  const label = key ?? value['server_label'] ?? value['label'] ?? value['name'];
  const description = value['server_description'] ?? value['description'];
  return {
    ...(typeof label === 'string' && label !== '' ? { label } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
}

function entryAuthorization(
  value: Readonly<Record<string, unknown>>,
  { settings, place }: EntryContext,
  path: Path,
) {
  const written = value['authorization'];
  if (written === undefined || written === null) {
    return {};
  }
  const where = { place, path: [...path, 'authorization'] };
  if (typeof written !== 'string' || /[^\x20-\x7e]/.test(written)) {
    settings.wrong(place, 'has an authorization that is no token', where.path);
    return {};
  }
  return checkSecret('authorization', written, settings, where)
    ? { authorization: normalizeSecrets(written).replace(/^bearer\s+/i, '') }
    : {};
}

/** `allowed_tools`, OpenAI's `{tool_names, read_only}`, and the `allowed` and `tools` lists of other tools. */
function entryTools(
  value: Readonly<Record<string, unknown>>,
  address: ServerAddress,
  { settings, place }: EntryContext,
  path: Path,
) {
  const found: {
    allowed_tools?: readonly string[];
    read_only?: boolean;
    require_approval?: ApprovalPolicy;
  } = {};
  const key = ['allowed_tools', 'allowedTools', 'allowed', 'tools'].find((name) => name in value);
  const written = key === undefined ? undefined : value[key];
  if (key !== undefined && written !== null && written !== undefined) {
    const filter = readToolFilter(written);
    if ('wrong' in filter) {
      settings.wrong(place, `has ${key} that ${filter.wrong}`, [...path, key]);
    } else {
      const { tool_names: names, read_only } = filter.value;
      if (read_only !== undefined) found.read_only = read_only;
      if (names !== undefined && !names.includes('*')) {
        found.allowed_tools = address.tool === undefined ? names : [address.tool, ...names];
      }
    }
  }
  if (value['require_approval'] !== undefined) {
    const approval = readApproval(value['require_approval']);
    if ('wrong' in approval) {
      settings.wrong(place, `has require_approval that ${approval.wrong}`, [
        ...path,
        'require_approval',
      ]);
    } else {
      found.require_approval = approval.value;
    }
  }
  return found;
}
