import { dialog, listFrom, opener } from './dialog.ts';
import type { Editor } from './editor.ts';
import { announce, element, pressable, replaceRows } from './element.ts';
import { withServer, withSetting } from './setting-edit.ts';

/** The tool server that every installation has. */
const DEMO = '/demo/mcp';

/** A tool server that can be added. */
interface Offered {
  readonly url: string;
  readonly profile: string;
  readonly about: string;
}

/** The dialog that writes tool servers into the frontmatter. */
export function startServerDialog(editor: Editor): void {
  const servers = new ServerDialog(editor);
  opener('Add tools', () => void servers.open());
}

class ServerDialog {
  readonly #editor: Editor;
  readonly #field = element('input', {
    id: 'server-url',
    inputmode: 'url',
    autocomplete: 'off',
    spellcheck: 'false',
    required: '',
    placeholder: 'https://tools.example/mcp',
    'aria-describedby': 'server-note',
  });
  readonly #note = element('p', { id: 'server-note', class: 'quiet', role: 'status' });
  readonly #list = element('ul', { class: 'offered', role: 'list' });
  readonly #dialog: HTMLDialogElement;
  #offered: readonly Offered[] = [];

  constructor(editor: Editor) {
    this.#editor = editor;
    const form = element(
      'form',
      { method: 'dialog', novalidate: '' },
      element('label', { for: 'server-url' }, 'Address of an MCP server'),
      this.#field,
      element('button', { type: 'submit' }, 'Add'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#addWritten();
    });
    const heading = element('h3', {}, 'At hand');
    this.#dialog = dialog('Add tools', form, this.#note, heading, this.#list);
    // What was typed right before is read a moment later.
    editor.onAnalysis(() => {
      if (this.#dialog.open) this.#offer(this.#offered);
    });
  }

  async open(): Promise<void> {
    this.#field.value = '';
    this.#say('');
    const demo = { url: DEMO, profile: 'default', about: 'Time, dice, arithmetic: to try it out' };
    this.#offer([demo]);
    this.#dialog.showModal();
    this.#field.focus();
    try {
      const connections = await listFrom('/connections');
      this.#offer([...connections.flatMap(offeredBy), demo]);
    } catch {
      // Who has no connections here can still paste an address.
    }
  }

  #offer(offered: readonly Offered[]): void {
    this.#offered = offered;
    const used = new Set(
      this.#editor.analysis()?.addresses.flatMap(({ as, url }) => (as === 'server' ? [url] : [])),
    );
    const rows = offered.map((each) => {
      const { url, about } = each;
      const add = pressable('Add', () => this.#add(each), {
        class: 'plain small',
        'aria-label': `Add ${url}`,
      });
      const isThere = used.has(url);
      return element(
        'li',
        {},
        element('span', { class: 'address', dir: 'ltr' }, url),
        isThere ? element('span', { class: 'quiet' }, 'In the prompt') : add,
        element('span', { class: 'quiet about' }, about),
      );
    });
    replaceRows(this.#list, this.#field, ...rows);
  }

  #addWritten(): void {
    const written = this.#field.value.trim().replace(/^@/, '');
    const url = URL.canParse(written) ? new URL(written) : null;
    const isOwn = /^\/(?!\/)\S*$/.test(written);
    if (!isOwn && (url === null || !/^https?:$/.test(url.protocol))) {
      this.#field.setAttribute('aria-invalid', 'true');
      this.#say('That is no address. It begins with https://');
      return this.#field.focus();
    }
    this.#add({ url: written, profile: 'default', about: '' });
  }

  #add({ url, profile }: Offered): void {
    const edit = withServer(this.#editor.text(), url);
    // An address on a line of its own says the same where the settings are not easily changed.
    const end = this.#editor.text().length;
    const { from, to, text } = edit ?? { from: end, to: end, text: `\n\n${url}\n` };
    this.#dialog.close();
    this.#editor.replace(from, to, text);
    const edited =
      profile === 'default' ? null : withSetting(this.#editor.text(), 'profile', profile);
    if (edited !== null) this.#editor.replace(edited.from, edited.to, edited.text);
    announce(`The prompt has the tools of ${url}`);
  }

  #say(text: string): void {
    this.#note.textContent = text;
    if (text === '') this.#field.removeAttribute('aria-invalid');
  }
}

function offeredBy(connection: Readonly<Record<string, unknown>>): Offered[] {
  const { server_url: url, profile = 'default', issuer } = connection;
  if (typeof url !== 'string' || typeof profile !== 'string') return [];
  const about = typeof issuer === 'string' ? `Logged in at ${issuer}` : 'Logged in';
  const name = profile === 'default' ? '' : `, profile ${profile}`;
  return [{ url, profile, about: about + name }];
}
