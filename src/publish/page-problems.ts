import type { Problem } from '../parse/problem.ts';
import { Markup, markup } from './markup.ts';

/** Problems of a prompt, with place and excerpt. */
export function problemList(problems: readonly Problem[]): Markup {
  return markup`<ul class="problems">
${problems.map(problemItem)}</ul>`;
}

function problemItem({ severity, at, message, excerpt, code }: Problem): Markup {
  const place = at === undefined ? null : markup` at line ${at.line}, column ${at.column}`;
  return markup`<li class="${severity}"><p dir="auto"><strong>${SEVERITY[severity]}</strong>${place}: ${message} <code>${code}</code></p>
${excerpt === undefined ? null : markup`<pre tabindex="0"><code>${excerpt}</code></pre>`}</li>
`;
}

const SEVERITY = { error: 'Error', warning: 'Warning', info: 'Note' } as const;
