import { pageHtml } from './layout.ts';
import { markup, type Markup } from './markup.ts';
import { factList, hiddenFields } from './page-form.ts';
import { programName } from './program-name.ts';
import { scopeWords } from './scope-words.ts';

/** The page on which a person lets a program act for them. */
export interface ConsentPage {
  /** As the program calls itself. */
  readonly name: string;
  /** The host whose document says so; null where anybody could have said it. */
  readonly domain: string | null;
  /** Where the browser goes with what it gives. */
  readonly redirectHost: string;
  /** Whether that is a program on the person's own machine. */
  readonly isLoopback: boolean;
  readonly scopes: readonly string[];
  readonly person: string;
  /** What the form sends along. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The page of a program that asked for what it cannot have. */
export interface RefusedProgramPage {
  readonly name: string;
  /** As in {@link ConsentPage}. */
  readonly domain: string | null;
  /** What is wrong, for its maker. */
  readonly why: string;
  /** The same as OAuth names it. */
  readonly code: string;
  /** Where it is told so, when the person goes there. */
  readonly back: URL;
}

/** Says that nothing was given, and where the way back leads: nobody is sent there unasked. */
export function renderRefusedProgram({
  name,
  domain,
  why,
  code,
  back,
}: RefusedProgramPage): string {
  return pageHtml({
    title: 'A program asked wrongly',
    announcement: 'A program asked for what it cannot have',
    main: markup`<header class="run"><h1>${programName(name)} asked wrongly</h1></header>
${factList([
  ['Program', named(name, domain)],
  ['What is wrong', `${why} (${code})`],
])}
<p>Nothing was given to it. Its maker has to mend this.</p>
<p class="notice" role="note">Go back only if you just began this in that program yourself: the link leads away from this server.</p>
<p><a href="${back.href}" rel="noopener noreferrer nofollow">Back to ${back.host}</a></p>
`,
  });
}

/** Says who asks for what before anything is given; without a click on Allow nothing is. */
export function renderConsent(page: ConsentPage): string {
  const { name, domain, redirectHost, isLoopback, scopes, person, fields } = page;
  const shown = programName(name);
  const facts: [string, Markup | string][] = [
    ['Program', named(name, domain)],
    ['You are sent to', markup`<strong>${redirectHost}</strong>`],
    ['For', person],
  ];
  const warning = isLoopback
    ? markup`Whatever program listens at <strong>${redirectHost}</strong> on this computer gets the key.`
    : markup`Whoever has <strong>${redirectHost}</strong> gets the key.`;
  return pageHtml({
    title: 'Let a program in',
    announcement: 'A program wants to act for you',
    main: markup`<header class="run"><h1>Let ${shown} act for you?</h1></header>
${factList(facts)}
<p>It could then, without asking again:</p>
<ul>
${scopeWords(scopes).map(
  (words) => markup`<li>${words}</li>
`,
)}</ul>
<p class="notice" role="note">Allow this only if you just began it in that program yourself. ${warning}</p>
<form class="editor" method="post" action="/oauth/authorize">
${hiddenFields(fields)}<button type="submit" name="decision" value="allow">Allow</button>
<button class="plain" type="submit" name="decision" value="deny">Do not allow</button>
</form>
<p class="quiet">You can end this at any time under <a href="/connections">Connections</a>.</p>
`,
  });
}

/** A program and who vouches for its name. */
function named(name: string, domain: string | null): Markup {
  const vouched =
    domain === null ? ' (it says so itself)' : markup`, of <strong>${domain}</strong>`;
  return markup`${programName(name)}${vouched}`;
}
