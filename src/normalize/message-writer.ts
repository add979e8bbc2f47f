import type { ChatMessage, ContentPart } from '../protocol/chat.ts';
import type { PromptRole } from './template-program.ts';
import type { TemplateWriter } from './template-run.ts';

/** What one role says without a break. */
interface Section {
  role: PromptRole;
  readonly parts: (string | Image)[];
}

interface Image {
  readonly image: string;
}

/** Characters that a part of a message is, apart from its address. */
const IMAGE_PART = 50;

/**
 * Builds the messages of a prompt while its template runs. Roles are made here, of the tags of the
 * document; text is only ever text, so that no value can open a message of its own.
 * @see spec/prompt-format.md MSG
 */
export class MessageWriter implements TemplateWriter {
  /** Media that became a note in the text: what it is and where. */
  readonly notes: string[] = [];
  readonly #sections: Section[] = [];
  readonly #outer: PromptRole[] = [];
  #current: Section;

  /** @param role who speaks until the template says otherwise */
  constructor(role: PromptRole) {
    this.#current = { role, parts: [] };
  }

  text(text: string): void {
    if (text !== '') {
      this.#current.parts.push(text);
    }
  }

  media(url: string, type: string): number {
    if (this.#current.role === 'user' && isImage(url, type)) {
      this.#current.parts.push({ image: url });
      return url.length + IMAGE_PART;
    }
    const kind = type === '' ? 'media' : type.slice(0, 100);
    const note = `[not sent: ${kind} ${url.slice(0, 200)}]`;
    this.notes.push(note);
    this.#current.parts.push(note);
    return note.length;
  }

  role(role: PromptRole): void {
    if (this.#current.parts.length > 0) {
      this.#sections.push(this.#current);
      this.#current = { role, parts: [] };
    } else {
      this.#current.role = role;
    }
  }

  enterRole(role: PromptRole): void {
    this.#outer.push(this.#current.role);
    this.role(role);
  }

  leaveRole(): void {
    this.role(this.#outer.pop() ?? 'user');
  }

  /** What was said, without sections that hold only white space. */
  finish(): readonly SaidPart[] {
    return [...this.#sections, this.#current].flatMap(({ role, parts }) => {
      const content = contentOf(parts);
      return content.length === 0 ? [] : [{ role, content }];
    });
  }
}

/** What one role says, as message parts. */
export interface SaidPart {
  readonly role: PromptRole;
  readonly content: readonly ContentPart[];
}

/** One message for each role in a row: many models want roles to take turns. */
export function messagesOf(said: readonly SaidPart[]): readonly ChatMessage[] {
  const turns: { readonly role: PromptRole; readonly content: ContentPart[] }[] = [];
  for (const { role, content } of said) {
    const last = turns.at(-1);
    if (last?.role === role) {
      last.content.push(...content);
    } else {
      turns.push({ role, content: [...content] });
    }
  }
  return turns.map(({ role, content }) => messageOf(role, content));
}

/** One string where all parts are text: many compatible servers accept nothing else. */
function messageOf(role: PromptRole, content: readonly ContentPart[]): ChatMessage {
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  if (role === 'user' && texts.length < content.length) {
    return { role, content };
  }
  return { role, content: texts.join('\n\n') };
}

function contentOf(parts: readonly (string | Image)[]): ContentPart[] {
  const content: ContentPart[] = [];
  let texts: string[] = [];
  const takeText = (): void => {
    const text = texts.join('').trim();
    texts = [];
    if (text !== '') {
      content.push({ type: 'text', text });
    }
  };
  for (const part of parts) {
    if (typeof part === 'string') {
      texts.push(part);
    } else {
      takeText();
      content.push({ type: 'image_url', image_url: { url: part.image } });
    }
  }
  takeText();
  return content;
}

/**
 * Only what a provider reads as an image. Nothing here is fetched by this server, and no other
 * scheme is passed on: a provider on the same machine could read `file:` addresses.
 */
function isImage(url: string, type: string): boolean {
  if (type !== '' && !type.startsWith('image/')) {
    return false;
  }
  return /^data:image\/[a-z0-9.+-]{1,40};base64,/i.test(url) || isWebAddress(url);
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url);
}
