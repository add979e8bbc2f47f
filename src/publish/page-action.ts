import { formFields, type FormField } from '../run/elicitation-form.ts';
import type { OwnAction, RequiredAction } from '../run/required-action.ts';
import type { RunView } from '../run/view.ts';
import { isoTime } from './iso-time.ts';
import { plainText } from './markdown-html.ts';
import { Markup, markup } from './markup.ts';
import { approvalHtml } from './page-approval.ts';
import { inert } from './bounded.ts';
import { ownersPart } from './action-words.ts';
import { visible } from './visible.ts';

/** What the run waits for: for its owner where to log in or a form, for others that it waits. */
export function actionsHtml(view: RunView): Markup | null {
  if (view.required_actions.length === 0) return null;
  return markup`<section class="waiting" data-key="waiting" aria-labelledby="waiting"><h2 id="waiting">Waiting</h2>
${view.required_actions.map((action) => actionHtml(action, view))}</section>`;
}

/** Whether the page holds a form, which a browser without scripts must not load anew under a writer. */
export function hasForm(view: RunView): boolean {
  return view.required_actions.some(({ own }) => own !== null);
}

function actionHtml({ type, expires_at, own }: RequiredAction, view: RunView): Markup {
  const time = isoTime(expires_at);
  const until = markup`<p class="quiet">Until <time datetime="${time}">${time.slice(0, 10)} ${time.slice(11, 16)} UTC</time>.</p>`;
  if (own === null) {
    // A run that a terminal or a program made has an owner here whom this browser cannot prove yet.
    return markup`<p>The run waits for its owner to ${ownersPart(type)}. <a href="/${view.id}/own">It is mine</a></p>${until}
`;
  }
  return markup`<div data-key="action-${own.id}">${ownHtml(own, view)}${until}</div>
`;
}

function ownHtml(own: OwnAction, view: RunView): Markup {
  if (own.call !== null) {
    return approvalHtml(own, own.call, { action: addressOf(own, view), view });
  }
  return own.connect_path === null ? questionHtml(own, view) : loginHtml(own, view);
}

function loginHtml(own: OwnAction, view: RunView): Markup {
  const denial = markup` <button class="plain" name="action" value="decline">Do not log in</button>`;
  return markup`<p dir="auto">${inert(own.message)} <span class="address">${own.server_url}</span></p>
<form class="buttons" method="post" action="${addressOf(own, view)}"><a class="button" href="${own.connect_path ?? ''}">Log in</a>${view.status === 'requires_action' ? denial : null}</form>`;
}

function questionHtml(own: OwnAction, view: RunView): Markup {
  const fields = own.schema === null ? [] : formFields(own.schema);
  const done = own.mode === 'url' ? 'I have done it' : 'Send';
  return markup`<h3><bdi>${visible(own.server_label)}</bdi> asks</h3>
${plainText(inert(own.message))}
${own.url === null ? null : linkHtml(own.url)}
<p class="quiet">What you send goes to <span class="address">${own.server_url}</span>. Never send a password or a key.</p>
<form class="answer-form" method="post" action="${addressOf(own, view)}">
${fields.map((field, index) => fieldHtml(field, `${own.id}-${index}`))}<p class="buttons"><button name="action" value="accept">${done}</button> <button class="plain" name="action" value="decline" formnovalidate>Refuse</button> <button class="plain" name="action" value="cancel" formnovalidate>Cancel</button></p>
</form>`;
}

/** The whole address is shown: whoever follows it sees first where it leads. */
function linkHtml(url: string): Markup {
  return markup`<p>Open this address yourself, if you trust it: <a href="${url}" target="_blank" rel="noopener noreferrer nofollow ugc" dir="ltr">${visible(url)}</a></p>`;
}

function addressOf({ id }: OwnAction, view: RunView): string {
  return `/${view.id}/actions/${id}`;
}

function fieldHtml(field: FormField, id: string): Markup {
  const hint =
    field.description === null
      ? null
      : markup`<p class="quiet" id="${id}-hint" dir="auto">${inert(field.description)}</p>
`;
  const described = hint === null ? null : markup` aria-describedby="${id}-hint"`;
  const control = markup` name="content.${field.name}"${described}`;
  if (field.kind === 'choices') {
    return markup`<fieldset><legend>${inert(field.title)}</legend>${hint}${field.options.map(
      ({ value, title }) =>
        markup`<label><input type="checkbox"${control} value="${value}"${field.initial.includes(value) ? markup` checked` : null}> ${inert(title)}</label>
`,
    )}</fieldset>
`;
  }
  if (field.kind === 'switch') {
    return markup`<p><label><input type="checkbox"${control} value="true"${field.initial.includes('true') ? markup` checked` : null}> ${inert(field.title)}</label></p>
${hint}`;
  }
  return markup`<p><label for="${id}">${inert(field.title)}${field.required ? null : ' (optional)'}</label>${field.kind === 'choice' ? selectHtml(field, id, control) : inputHtml(field, id, control)}</p>
${hint}`;
}

function selectHtml(field: FormField, id: string, control: Markup): Markup {
  const options = field.options.map(
    ({ value, title }) =>
      markup`<option value="${value}"${field.initial.includes(value) ? markup` selected` : null}>${inert(title)}</option>`,
  );
  return markup`<select id="${id}"${control}${requiredOf(field)}>${field.required ? null : markup`<option value=""></option>`}${options}</select>`;
}

function inputHtml(field: FormField, id: string, control: Markup): Markup {
  const step = field.whole ? '1' : 'any';
  const kind = field.kind === 'number' ? markup` type="number" step="${step}"` : textType(field);
  return markup`<input id="${id}"${control}${kind} value="${field.initial[0] ?? ''}" dir="auto" autocomplete="off"${requiredOf(field)}>`;
}

function textType({ format }: FormField): Markup {
  const types: Readonly<Record<string, string>> = { email: 'email', uri: 'url', date: 'date' };
  return markup` type="${types[format ?? ''] ?? 'text'}"`;
}

function requiredOf({ required }: FormField): Markup | null {
  return required ? markup` required` : null;
}
