import { isObject } from '../../protocol/json.ts';
import type { ToolDescription } from '../ports.ts';

/**
 * SHA-256 of a tool's name, description and schema, as 64 hexadecimal digits. The order of keys
 * does not matter: a server may write the same schema differently each time.
 * @see spec/tool-servers.md TS-22
 */
export async function toolHash(tool: ToolDescription): Promise<string> {
  const text = canonical([tool.name, tool.description ?? null, tool.inputSchema]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** JSON with the keys of every object in order. The depth is bounded where tools are listed. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}
