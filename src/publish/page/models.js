/** Offers the models of this server once somebody looks for one; whoever may not know them types. */
export function offerModels() {
  document.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.name !== 'model') return;
    const list = target.list;
    if (!list || list.childElementCount > 0 || list.dataset['asked']) return;
    list.dataset['asked'] = 'yes';
    fill(list).catch(() => undefined);
  });
}

/**
 * @param {string} text
 * @returns {{data: {id: string}[]}}
 */
function readList(text) {
  return JSON.parse(text);
}

/** @param {HTMLElement} list */
async function fill(list) {
  const response = await window.fetch('/v1/models');
  if (!response.ok) return;
  const { data } = readList(await response.text());
  list.append(
    ...data.map(({ id }) => {
      const option = document.createElement('option');
      option.value = id;
      return option;
    }),
  );
}
