/** So long a button says what it did. */
const SAID_MS = 1500;

/** Lets the buttons work that copy: a block of code, or what stands at an address of ours. */
export function offerCopies() {
  if (!navigator.clipboard) return;
  document.documentElement.classList.add('copies');
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button.copy') : null;
    if (button instanceof HTMLElement) void copy(button);
  });
}

/** @param {HTMLElement} button */
async function copy(button) {
  const said = button.textContent;
  const done = await write(button).then(
    () => 'Copied',
    () => 'Not copied',
  );
  button.textContent = done;
  window.setTimeout(() => (button.textContent = said), SAID_MS);
  const region = document.getElementById('announcement');
  if (region) region.textContent = done;
}

/** @param {HTMLElement} button */
function write(button) {
  const { copy: address } = button.dataset;
  if (address === undefined) {
    const code = button.parentElement?.querySelector('code')?.textContent ?? '';
    return navigator.clipboard.writeText(code);
  }
  // Given at once and filled later: a browser allows it only while it handles the click.
  const text = window.fetch(address).then((response) => {
    if (!response.ok) throw new Error('not there');
    return response.text();
  });
  const blob = text.then((body) => new Blob([body], { type: 'text/plain' }));
  return navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}
