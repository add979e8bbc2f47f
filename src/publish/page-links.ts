import { Markup, markup } from './markup.ts';
import { buttonForm } from './page-form.ts';

/** Where one can go from every page of ours. */
const PLACES = [
  ['/', 'New prompt'],
  ['/runs', 'Runs'],
  ['/connections', 'Connections'],
  ['/account', 'Account'],
  ['/examples', 'Examples'],
  ['/docs', 'Docs'],
] as const;

/** What a page tells the links of its header. */
export interface SiteLinks {
  /** The place that the page is; null for a page that is none of them. */
  readonly current?: (typeof PLACES)[number][0] | null;
  /** Whether signing out would change anything. */
  readonly hasSession?: boolean;
}

/** The links in the header of every page of ours. */
export function siteLinks({ current = null, hasSession = false }: SiteLinks = {}): Markup {
  const links = PLACES.map(
    ([path, name]) => markup`<a href="${path}"${current === path ? HERE : null}>${name}</a>
`,
  );
  return markup`<nav aria-label="Pages">
${links}${hasSession ? buttonForm('/sign-out', 'Sign out') : null}</nav>
`;
}

/** Says of a link that it leads to the page on which it is. */
export const HERE = markup` aria-current="page"`;
