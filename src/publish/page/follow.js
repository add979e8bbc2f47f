import { announce, Lost } from './lost.js';
import { morph, morphChildren } from './morph.js';

/**
 * Keeps the page of a run that goes on up to date. The server lays out what is new the way it lays
 * out every page, and this puts it where it belongs: nothing that a model said is ever made into
 * HTML here. When the run is over, the whole page is asked for once, and is what counts.
 */

/** Milliseconds until the page is asked for again when the server did not give it. */
const SHORTEST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/**
 * What is new of the answer. `from` finished blocks are there, `sealed` is the HTML of those that
 * follow, `blocks` how many they are together; `rest` says what to keep of the HTML behind them.
 *
 * @typedef {{reset?: boolean, from: number, sealed: string, blocks: number, rest: [number, string, number]}} AnswerNews
 */

/**
 * What is new of a page: the inside of `<main>` less what is there, where the run stands, the answer.
 *
 * @typedef {{main?: string, status?: string, answer: AnswerNews | null}} PageNews
 */

/**
 * @param {string} data
 * @returns {PageNews}
 */
function readNews(data) {
  return JSON.parse(data);
}

/**
 * @param {HTMLElement} shown the `<main>` that is kept up to date
 * @param {Lost} [lost] says when nothing is heard any more
 * @param {number} [pause] milliseconds before the next try when this one gives nothing
 */
export function follow(shown, lost = new Lost(shown), pause = SHORTEST_PAUSE) {
  const { live, page } = shown.dataset;
  if (!live || !page) return;
  const source = new EventSource(live);
  const answer = { rest: '' };
  let wait = pause;

  const finish = async () => {
    source.close();
    const isOver = await update(shown, page).catch(() => null);
    if (isOver === null) lost.begins();
    else lost.ends();
    const next = Math.min(2 * wait, LONGEST_PAUSE);
    if (isOver !== true) window.setTimeout(() => follow(shown, lost, next), wait);
  };
  source.addEventListener('open', () => lost.ends());
  source.addEventListener('page', ({ data }) => {
    wait = SHORTEST_PAUSE;
    const news = readNews(data);
    if (news.main !== undefined) {
      morphChildren(shown, parsed(news.main), shown.firstChild);
      announce(news.status ?? '');
    }
    if (news.answer) showAnswer(shown, answer, news.answer);
  });
  source.addEventListener('end', () => void finish());
  source.addEventListener('error', () => {
    lost.begins();
    // Otherwise the browser connects again by itself.
    if (source.readyState === EventSource.CLOSED) void finish();
  });
}

/**
 * @param {HTMLElement} shown
 * @param {{rest: string}} answer the HTML that stands behind the finished blocks
 * @param {AnswerNews} news
 */
function showAnswer(shown, answer, { from, sealed, rest: [start, text, end] }) {
  const before = answer.rest;
  answer.rest = before.slice(0, start) + text + before.slice(before.length - end);
  const prose = shown.querySelector('[data-key="prose"]');
  if (!prose) return;
  morphChildren(
    prose,
    parsed(sealed + answer.rest),
    from ? following(prose, from) : prose.firstChild,
  );
}

/**
 * What stands behind so many blocks; each ends with a line end.
 *
 * @param {Element} prose
 * @param {number} blocks
 */
function following(prose, blocks) {
  return prose.children[blocks - 1]?.nextSibling?.nextSibling ?? null;
}

/**
 * HTML of ours as elements of nowhere: what runs in a page does not run there.
 *
 * @param {string} html
 */
function parsed(html) {
  return new DOMParser().parseFromString(html, 'text/html').body;
}

/**
 * @param {HTMLElement} shown
 * @param {string} page
 * @returns {Promise<boolean>} whether the run is over
 */
async function update(shown, page) {
  const response = await window.fetch(page, {
    headers: { Accept: 'text/html' },
    cache: 'no-store',
  });
  // What stands there is better than a page that says to try again later: this does.
  if (response.status >= 500 || response.status === 429) throw new Error('not now');
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const main = next.querySelector('main');
  // A gateway's own error page is not ours; a page of ours, an error too, always has a main.
  if (!main) throw new Error('not a page');
  morph(shown, main);
  announce(next.getElementById('announcement')?.textContent ?? '');
  return !shown.hasAttribute('data-live');
}
