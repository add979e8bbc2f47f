import type { FaultData } from '../fault/fault.ts';
import { Markup, markup } from './markup.ts';

/** A fault in red: what happened, its code, and the evidence that may be shown. */
export function errorHtml(fault: FaultData): Markup {
  const details = Object.entries(fault.detail ?? {}).map(
    ([name, value]) =>
      markup`<div><dt>${name.replaceAll('_', ' ')}</dt><dd>${String(value)}</dd></div>`,
  );
  return markup`<section class="error" data-key="error" role="alert">
<h2>Error</h2>
<p dir="auto">${fault.message} <code>${fault.code}</code></p>
${details.length === 0 ? null : markup`<dl>${details}</dl>`}
</section>`;
}
