/**
 * Makes an element. Children are nodes or text, never markup: what a document or a server says
 * cannot become a part of the page.
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string | null)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button that does something on the page. */
export function pressable(
  label: string,
  onPress: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const button = element('button', { type: 'button', ...attributes }, label);
  button.addEventListener('click', onPress);
  return button;
}

/**
 * Puts other children into a list. The focus stays with the button of the same name, and goes to
 * `next` where there is none any more: it would else be lost, and the keyboard begin at the top.
 */
export function replaceRows(list: HTMLElement, next: HTMLElement, ...rows: readonly Node[]): void {
  const { activeElement: focused } = document;
  const name = list.contains(focused) ? nameOf(focused) : null;
  list.replaceChildren(...rows);
  if (name === null) return;
  const again = [...list.querySelectorAll('button')].find((button) => nameOf(button) === name);
  (again ?? next).focus();
}

function nameOf(button: Element | null): string {
  return button?.getAttribute('aria-label') ?? button?.textContent ?? '';
}

/** Tells a screen reader, in the region that every page has. */
export function announce(text: string): void {
  const region = document.querySelector('#announcement');
  if (region !== null && region.textContent !== text) region.textContent = text;
}
