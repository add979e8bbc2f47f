import type { Element, Root } from 'hast';
import rehypeParse from 'rehype-parse';
import { unified } from 'unified';

/** A page as a real HTML parser reads it. */
export function parsePage(page: string): Root {
  return unified().use(rehypeParse).parse(page);
}

/** All elements below a node, in document order. */
export function elementsOf(node: Root | Element): Element[] {
  return node.children.flatMap((child) =>
    child.type === 'element' ? [child, ...elementsOf(child)] : [],
  );
}

/** The text below a node. */
export function textOf(node: Root | Element): string {
  return node.children
    .map((child) => {
      if (child.type === 'text') return child.value;
      return child.type === 'element' ? textOf(child) : '';
    })
    .join('');
}

const ELEMENTS = new Set(
  (
    'html head meta title link script noscript body header nav main section h1 h2 h3 h4 ' +
    'h5 h6 p span a strong em s code pre ul ol li dl div dt dd time blockquote hr br ' +
    'table thead tbody tr th td details summary form label textarea button input datalist bdi'
  ).split(' '),
);

const ATTRIBUTES = new Set(
  (
    'lang charSet name content rel href src type id className role dir tabIndex start ' +
    'dateTime method action rows required placeholder spellCheck htmlFor httpEquiv dataLive ' +
    'dataPage dataKey dataCopy dataSame download list value autoComplete ariaLive ariaCurrent ariaLabel ' +
    'ariaLabelledBy ariaDescribedBy ariaInvalid hidden defer dataParser dataContext'
  ).split(' '),
);

/** Everything in a page that could do something there; a list of complaints. */
export function unsafeParts(page: string): string[] {
  return elementsOf(parsePage(page)).flatMap((element) => {
    const { tagName, properties } = element;
    const complaints = Object.keys(properties)
      .filter((name) => !ATTRIBUTES.has(name))
      .map((name) => `${tagName} ${name}`);
    if (!ELEMENTS.has(tagName)) complaints.push(tagName);
    if (tagName === 'input' && !INPUTS.has(String(properties['name']))) complaints.push('input');
    if (tagName === 'form' && !/^\/(?!\/)/.test(String(properties['action'])))
      complaints.push('form');
    if (tagName === 'script' && textOf(element) !== '') complaints.push('inline script');
    return complaints.concat(unsafeAddress(element));
  });
}

/** The fields of the page's own forms that are no text area. */
const INPUTS = new Set(['model']);

const ADDRESSES: Readonly<Record<string, RegExp>> = {
  a: /^(?:https?:\/\/|mailto:|\/(?!\/)|#(?:main|continue)$)/i,
  script: /^\/assets\//,
  link: /^(?:\/assets\/|data:,$)/,
};

function unsafeAddress({ tagName, properties }: Element): string[] {
  const { href, src, rel } = properties;
  const address = [href, src].find((value) => typeof value === 'string') ?? '';
  const allowed = ADDRESSES[tagName];
  const complaints =
    allowed === undefined || allowed.test(address) ? [] : [`${tagName} ${address}`];
  const foreign = tagName === 'a' && /^[a-z]+:/i.test(address);
  const relations = Array.isArray(rel) ? rel.join(' ') : '';
  return foreign && relations !== 'noopener noreferrer nofollow ugc'
    ? [...complaints, `rel ${relations}`]
    : complaints;
}
