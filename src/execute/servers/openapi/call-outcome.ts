import type { CallToolResult } from '@modelcontextprotocol/client';
import { nestsDeeperThan } from '../../../protocol/json-depth.ts';
import { mediaKind } from '../../references/media-kind.ts';
import type { Answer } from './exchange.ts';

const MAX_DEPTH = 64;

/** The result of a call in the form of MCP, so that the same limits and cuts apply to it. */
type Result = Pick<CallToolResult, 'content' | 'structuredContent' | 'isError'>;

/** A result that is a text about what is wrong. */
export function wrong(text: string): Result {
  return { isError: true, content: [{ type: 'text', text }] };
}

/**
 * What a server answered, as the result of a tool. A status of 400 or more is a result too: it
 * tells what was wrong with the arguments.
 * @param wants the credentials that the operation wants, in words
 * @see spec/tool-servers.md TS-88
 */
export function callResult(answer: Answer, wants: string): Result {
  const { status } = answer;
  const isError = status >= 300;
  const head = isError ? [`HTTP status ${status}.`, ...credentials(status, wants)].join(' ') : '';
  const body = contentOf(answer);
  if (body === null && !isError) {
    return { content: [{ type: 'text', text: `HTTP status ${status}, without a body.` }] };
  }
  return {
    content: [
      ...(head === '' ? [] : [{ type: 'text' as const, text: head }]),
      ...(body === null ? [] : [body.block]),
    ],
    ...(isError ? { isError } : {}),
    ...(body?.structured === undefined ? {} : { structuredContent: body.structured }),
  };
}

function credentials(status: number, wants: string): string[] {
  const isAbout = (status === 401 || status === 403) && wants !== '';
  return isAbout ? [`The operation wants ${wants}.`] : [];
}

interface Content {
  readonly block: Result['content'][number];
  readonly structured?: Record<string, unknown>;
}

function contentOf({ bytes, contentType }: Answer): Content | null {
  if (bytes.byteLength === 0) return null;
  const kind = mediaKind({ bytes, contentType, cut: false, path: '' });
  switch (kind.kind) {
    case 'image':
      return { block: { type: 'image', mimeType: kind.mediaType, data: base64(bytes) } };
    case 'refused': {
      const text = `[${kind.mediaType.slice(0, 128) || 'binary data'}, ${bytes.byteLength} bytes, not shown]`;
      return { block: { type: 'text', text } };
    }
    default: {
      const structured = structuredOf(kind.text, contentType);
      const block = { type: 'text' as const, text: kind.text };
      return structured === null ? { block } : { block, structured };
    }
  }
}

/** Deeper data would overflow what walks through it later; it stays text. */
function structuredOf(text: string, contentType: string): Record<string, unknown> | null {
  if (!/[/+]json\b/i.test(contentType)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isStructured(value) && !nestsDeeperThan(value, MAX_DEPTH) ? value : null;
  } catch {
    return null;
  }
}

/** MCP has objects in mind; a list is kept as well. */
function isStructured(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Piece by piece: a call with millions of arguments overflows the stack. */
function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x80_00) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x80_00)));
  }
  return btoa(pieces.join(''));
}
