import { dialog, listFrom, opener } from './dialog.ts';
import type { Editor } from './editor.ts';
import { announce, element } from './element.ts';
import { searchModels } from './model-search.ts';
import { withSetting } from './setting-edit.ts';

/** The list of the server's models, which writes the chosen one into the frontmatter. */
export function startModelPicker(editor: Editor): void {
  const picker = new ModelPicker(editor);
  const button = opener('Model', () => void picker.open());
  editor.onAnalysis(({ model }) => {
    button.textContent = model === null ? 'Model' : `Model: ${model}`;
  });
}

/** A search field over a list of choices, as ARIA's combobox has it: the focus stays in the field. */
class ModelPicker {
  readonly #editor: Editor;
  readonly #field = element('input', {
    id: 'model-search',
    role: 'combobox',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-expanded': 'true',
    'aria-controls': 'models',
    'aria-autocomplete': 'list',
    placeholder: 'Search',
  });
  readonly #list = element('ul', { id: 'models', role: 'listbox', 'aria-label': 'Models' });
  readonly #note = element('p', { class: 'quiet', role: 'status' });
  readonly #dialog: HTMLDialogElement;
  #models: readonly string[] | null = null;
  #active = -1;

  constructor(editor: Editor) {
    this.#editor = editor;
    const label = element('label', { for: 'model-search', class: 'unseen' }, 'Search models');
    this.#dialog = dialog('Model', label, this.#field, this.#list, this.#note);
    this.#field.addEventListener('input', () => this.#show());
    this.#field.addEventListener('keydown', (event) => this.#press(event));
    this.#list.addEventListener('click', ({ target }) => {
      const option = target instanceof Element ? target.closest('[role=option]') : null;
      if (option !== null) this.#choose(option.textContent);
    });
  }

  async open(): Promise<void> {
    this.#field.value = '';
    this.#dialog.showModal();
    this.#field.focus();
    if (this.#models !== null) return this.#show();
    this.#note.textContent = 'Asking the server …';
    try {
      const listed = await listFrom('/v1/models');
      this.#models = listed.map(({ id }) => id).filter((id) => typeof id === 'string');
      this.#show();
    } catch (error) {
      this.#note.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #show(): void {
    const { models, left } = searchModels(this.#models ?? [], this.#field.value);
    const used = this.#editor.analysis()?.model;
    const options = models.map((model, index) =>
      element(
        'li',
        { id: `model-${index}`, role: 'option', ...(model === used ? { class: 'used' } : {}) },
        model,
      ),
    );
    this.#list.replaceChildren(...options);
    this.#note.textContent = noteOn(models.length, left);
    this.#activate(this.#field.value === '' && used ? models.indexOf(used) : 0);
  }

  #press(event: KeyboardEvent): void {
    const last = this.#list.children.length - 1;
    const page = 8;
    const to: Readonly<Record<string, number>> = {
      ArrowDown: this.#active === last ? 0 : this.#active + 1,
      ArrowUp: this.#active <= 0 ? last : this.#active - 1,
      PageDown: Math.min(this.#active + page, last),
      PageUp: Math.max(this.#active - page, 0),
    };
    const next = to[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.#activate(next);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option = this.#list.children[this.#active];
      if (option !== undefined) this.#choose(option.textContent);
    }
  }

  #activate(index: number): void {
    this.#list.children[this.#active]?.removeAttribute('aria-selected');
    this.#active = Math.min(Math.max(index, 0), this.#list.children.length - 1);
    const option = this.#list.children[this.#active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    this.#field.setAttribute('aria-activedescendant', option?.id ?? '');
  }

  #choose(model: string): void {
    this.#dialog.close();
    const edit = withSetting(this.#editor.text(), 'model', model);
    if (edit === null) return announce('Write the model into the settings by hand.');
    this.#editor.replace(edit.from, edit.to, edit.text);
    announce(`The model is ${model}`);
  }
}

function noteOn(shown: number, left: number): string {
  if (shown === 0) return 'No model is called that. Any other name can be written by hand.';
  return left > 0 ? `${left} more; type to find them` : '';
}
