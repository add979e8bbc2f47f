import type { Draft } from './draft.ts';

/** Statements of Jinja and Liquid, `{% if x %}`: they are text here, and that is said once. */
export function reportOtherTags(draft: Draft): void {
  const start = draft.body.search(/\{%[-+]? {0,9}[a-z]/);
  if (start !== -1) {
    const message = 'Statements of another template language, left as they are: {% … %}.';
    draft.report('warning', 'template_helper', message, draft.bodyPosition(start));
  }
}
