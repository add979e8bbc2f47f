/**
 * Makes `shown` like `next` and touches only what differs: what the reader has opened, selected,
 * scrolled or focused stays so, because runs only grow at their end.
 *
 * @param {Node} shown
 * @param {Node} next
 */
export function morph(shown, next) {
  if (next instanceof Element && next.hasAttribute('data-same')) return;
  if (shown.isEqualNode(next)) return;
  if (shown instanceof Text && next instanceof Text) {
    if (next.data.startsWith(shown.data)) shown.appendData(next.data.slice(shown.length));
    else shown.data = next.data;
  } else if (
    shown instanceof Element &&
    next instanceof Element &&
    shown.nodeName === next.nodeName
  ) {
    morphAttributes(shown, next);
    morphChildren(shown, next, shown.firstChild);
  } else {
    shown.parentNode?.replaceChild(next, shown);
  }
}

/**
 * @param {Element} shown
 * @param {Element} next
 */
function morphAttributes(shown, next) {
  for (const name of shown.getAttributeNames()) {
    // Whether `<details>` is open is the reader's.
    if (name !== 'open' && !next.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (name !== 'open' && shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
}

/**
 * Children with a `data-key` meet the child of the same key, so that a section which appears above
 * others does not turn them into each other; the rest meet in order.
 *
 * @param {Element} shown
 * @param {Element} next
 * @param {ChildNode | null} from the first child of `shown` that may differ; null for its end
 */
export function morphChildren(shown, next, from) {
  /** @type {Map<string | null, ChildNode>} */
  const keyed = new Map();
  for (let node = from; node; node = node.nextSibling) keyed.set(keyOf(node), node);
  let cursor = from;
  for (const child of Array.from(next.childNodes)) {
    const key = keyOf(child);
    const match =
      key === null ? (cursor && keyOf(cursor) === null ? cursor : null) : keyed.get(key);
    if (match) {
      cursor = removeUntil(cursor, match)?.nextSibling ?? null;
      morph(match, child);
    } else {
      shown.insertBefore(child, cursor);
    }
  }
  removeUntil(cursor, null);
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute('data-key') : null;
}

/**
 * Removes the siblings from `first` up to `last`, which stays.
 *
 * @param {ChildNode | null} first
 * @param {ChildNode | null} last
 */
function removeUntil(first, last) {
  let node = first;
  while (node && node !== last) {
    const following = node.nextSibling;
    node.remove();
    node = following;
  }
  return node;
}
