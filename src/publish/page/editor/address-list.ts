import type { Analysis, FoundAddress } from './analysis.ts';
import { element, pressable } from './element.ts';
import { count, size, tokens } from './figures.ts';
import type { Inspected } from './inspection.ts';

/** Addresses that are listed. */
const MOST = 100;

const KINDS = { server: 'Tool server', context: 'Context', ignored: 'Ignored' } as const;

/** What the list is told of besides the analysis. */
export interface AddressFacts {
  readonly inspected: ReadonlyMap<string, Inspected>;
  readonly isChecking: boolean;
  readonly jump: (start: number, end: number) => void;
}

/** One row for every address: what it was taken for, where, why, and what the server found. */
export function addressRows({ addresses }: Analysis, facts: AddressFacts): HTMLElement {
  const rows = addresses.slice(0, MOST).map((address) => row(address, facts));
  return element('ul', { class: 'addresses', role: 'list' }, ...rows);
}

function row(address: FoundAddress, facts: AddressFacts): HTMLElement {
  const { url, as, why, line, stretch } = address;
  const known = as === 'ignored' ? undefined : facts.inspected.get(url);
  const place =
    line === null || stretch === null
      ? null
      : pressable(`Line ${line}`, () => facts.jump(stretch.start, stretch.end), { class: 'place' });
  const isAsked = facts.isChecking && as !== 'ignored' && known === undefined;
  const state = isAsked ? element('span', { class: 'quiet' }, 'asking …') : stateOf(known);
  return element(
    'li',
    { class: as },
    element('span', { class: 'kind' }, KINDS[as]),
    element('span', { class: 'address', dir: 'ltr' }, url),
    place,
    state,
    element('span', { class: 'why' }, why),
    known === undefined ? null : loginOf(known),
  );
}

function stateOf(known: Inspected | undefined): HTMLElement | null {
  if (known === undefined) return null;
  const parts = [
    known.tools === null ? null : `${count(known.tools)} tool${known.tools === 1 ? '' : 's'}`,
    known.bytes === null ? null : size(known.bytes),
    known.tokens === null ? null : tokens(known.tokens),
    known.message,
  ].filter((part) => part !== null);
  const kind = known.ok ? 'good' : known.needsLogin ? 'busy' : 'bad';
  return element('span', { class: `state ${kind}`, dir: 'auto' }, parts.join(' · '));
}

/** A form that makes a login link; the login itself is on a page of its own, in another tab. */
function loginOf({ url, needsLogin, canLogin, hasLogin, profile }: Inspected): HTMLElement | null {
  if (!needsLogin || !canLogin || hasLogin) return null;
  const button = element(
    'button',
    { class: 'plain small', 'aria-label': `Log in to ${url}` },
    'Log in',
  );
  const form = { method: 'post', action: '/connections', target: '_blank' };
  return element('form', form, hidden('url', url), hidden('profile', profile), button);
}

function hidden(name: string, value: string): HTMLInputElement {
  return element('input', { type: 'hidden', name, value });
}
