/**
 * Keeps the page of a run that goes on up to date. The run's public events only say *that*
 * something changed; what to show is asked of the server, which renders every page the same way,
 * so there is one renderer and nothing that a model said is ever made into HTML here.
 */

const EVENTS = [
  'message',
  'run-start',
  'reference-end',
  'server-end',
  'step-start',
  'text-delta',
  'reasoning-delta',
  'tool-call',
  'tool-sent',
  'tool-progress',
  'tool-result',
  'step-end',
  'action-required',
  'action-resolved',
  'run-end',
];

/** Milliseconds between two requests; a page that is slow to make is asked for less often. */
const SHORTEST_PAUSE = 400;
const LONGEST_PAUSE = 30_000;

begin();

function begin() {
  const main = document.querySelector('main');
  const { events, page } = main?.dataset ?? {};
  if (main && events && page) follow(main, events, page);
}

/**
 * @param {HTMLElement} shown the `<main>` that is kept up to date
 * @param {string} events path of the run's events
 * @param {string} page path of the run's page
 */
function follow(shown, events, page) {
  const source = new EventSource(events);
  let pause = SHORTEST_PAUSE;
  let waiting = false;
  let asking = false;
  let stale = false;
  /** True once no further event will come, so that the page must be asked for by the clock. */
  let polling = false;

  function schedule() {
    stale = true;
    if (waiting || asking) return;
    waiting = true;
    window.setTimeout(refresh, pause);
  }

  async function refresh() {
    waiting = false;
    asking = true;
    stale = polling;
    const started = performance.now();
    try {
      await update(shown, page);
      pause = Math.max(SHORTEST_PAUSE, 4 * (performance.now() - started));
    } catch {
      pause = 2 * pause;
      stale = true;
    }
    pause = Math.min(pause, LONGEST_PAUSE);
    asking = false;
    if (!shown.hasAttribute('data-events')) source.close();
    else if (stale) schedule();
  }

  for (const type of EVENTS) source.addEventListener(type, schedule);
  source.addEventListener('run-end', () => {
    polling = true;
  });
  source.addEventListener('error', () => {
    polling = source.readyState === EventSource.CLOSED;
    schedule();
  });
}

/**
 * @param {HTMLElement} shown
 * @param {string} page
 */
async function update(shown, page) {
  const response = await window.fetch(page, {
    headers: { Accept: 'text/html' },
    cache: 'no-store',
  });
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const main = next.querySelector('main');
  // A gateway's own error page is not ours; a page of ours, an error too, always has a main.
  if (!main) throw new Error('not a page');
  morph(shown, main);
  announce(next.getElementById('announcement')?.textContent ?? '');
}

/** @param {string} text */
function announce(text) {
  const region = document.getElementById('announcement');
  if (region && region.textContent !== text) region.textContent = text;
}

/**
 * Makes `shown` like `next` and touches only what differs: what the reader has opened, selected,
 * scrolled or focused stays so, because runs only grow at their end.
 *
 * @param {Node} shown
 * @param {Node} next
 */
function morph(shown, next) {
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
    morphChildren(shown, next);
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
 */
function morphChildren(shown, next) {
  const keyed = new Map([...shown.children].map((child) => [keyOf(child), child]));
  /** @type {ChildNode | null} */
  let cursor = shown.firstChild;
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
