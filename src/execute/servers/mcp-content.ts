import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import type { ContentPart } from '../../protocol/chat.ts';
import type { Json } from '../../protocol/json.ts';
import type { ToolOutcome } from '../ports.ts';

/** UTF-16 code units of text that the model is given of one result. */
const MODEL_TEXT = 256 * 1024;
/** UTF-16 code units of one result that are kept, images and structured content included. */
const KEPT = 1024 * 1024;
const MAX_IMAGES = 16;
const IMAGE_TYPE = /^image\/(?:png|jpeg|gif|webp)$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

type Result = Pick<CallToolResult, 'content' | 'structuredContent' | 'isError'>;

/**
 * The result of an MCP tool as the model and the page are given it.
 * @see spec/tool-servers.md TS-12
 */
export function toolOutcome(result: Result): ToolOutcome {
  const parts = new Parts();
  for (const block of result.content) addBlock(parts, block);
  const structured = fromJson(result.structuredContent) ? result.structuredContent : undefined;
  const json = structured === undefined ? '' : JSON.stringify(structured);
  if (!parts.hasText && json !== '') parts.text(json);
  const keepsStructured = structured !== undefined && json.length <= KEPT - parts.size;
  const cut = parts.cut || (structured !== undefined && !keepsStructured);
  return {
    isError: result.isError === true,
    parts: parts.list(),
    ...(keepsStructured ? { structured } : {}),
    ...(cut ? { cut } : {}),
  };
}

/** A result was read from JSON, so whatever is there is JSON all the way down. */
function fromJson(value: unknown): value is Json {
  return value !== undefined;
}

function addBlock(parts: Parts, block: ContentBlock): void {
  switch (block.type) {
    case 'text':
      return parts.text(block.text);
    case 'image':
      return parts.image(block.mimeType, block.data);
    case 'audio':
      return parts.text(mediaNote('audio', block.mimeType, block.data));
    case 'resource_link':
      return parts.text(`[resource ${block.name}: ${block.uri}]`);
    case 'resource': {
      const { resource } = block;
      if ('text' in resource) return parts.text(`[resource ${resource.uri}]\n${resource.text}`);
      const { uri, mimeType, blob } = resource;
      if (!IMAGE_TYPE.test(mimeType ?? '')) {
        return parts.text(mediaNote(`resource ${uri}`, mimeType, blob));
      }
      parts.text(`[resource ${uri}]`);
      return parts.image(mimeType ?? '', blob);
    }
  }
}

function mediaNote(what: string, type: string | undefined, base64: string): string {
  return `[${what}, ${type ?? 'unknown type'}, about ${Math.floor((base64.length * 3) / 4)} bytes]`;
}

/** The parts of a result as far as they fit; texts in a row become one. */
class Parts {
  hasText = false;
  /** UTF-16 code units so far. */
  size = 0;
  readonly #parts: ContentPart[] = [];
  #lines: string[] = [];
  #textLeft = MODEL_TEXT;
  #missing = 0;
  #images = 0;
  #imagesLeftOut = false;

  /** Whether a limit left something out; the text says so too. */
  get cut(): boolean {
    return this.#missing > 0 || this.#imagesLeftOut;
  }

  text(text: string): void {
    const kept = cutText(text, this.#textLeft);
    this.#missing += text.length - kept.length;
    if (this.#textLeft === 0) return;
    this.#textLeft = Math.max(0, this.#textLeft - kept.length - 1);
    this.hasText = true;
    this.size += kept.length;
    this.#lines.push(kept);
  }

  /** Only what can be shown as an image; anything else in a data URL would be a way to smuggle. */
  image(type: string, data: string): void {
    const url = `data:${type};base64,${data}`;
    const fits = this.#images < MAX_IMAGES && this.size + url.length <= KEPT - MODEL_TEXT;
    if (!fits || !IMAGE_TYPE.test(type) || !BASE64.test(data)) {
      this.#imagesLeftOut ||= !fits;
      return this.text(mediaNote('image left out', type, data));
    }
    this.#endText();
    this.#images += 1;
    this.size += url.length;
    this.#parts.push({ type: 'image_url', image_url: { url } });
  }

  list(): ContentPart[] {
    if (this.#missing > 0) {
      this.#lines.push(`[cut here: ${this.#missing} more characters of this result were left out]`);
    }
    this.#endText();
    return this.#parts;
  }

  #endText(): void {
    if (this.#lines.length === 0) return;
    this.#parts.push({ type: 'text', text: this.#lines.join('\n') });
    this.#lines = [];
  }
}

/** At most so many UTF-16 code units, never half a character. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max <= 0) return '';
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd8_00 && last <= 0xdb_ff ? max - 1 : max);
}
