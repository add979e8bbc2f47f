import { PROMPTS } from './docs-source.ts';

/** A prompt that shows what the format can do. */
export interface Example {
  /** Of its file in `prompts/`, without `.md`; a part of its address. */
  readonly name: string;
  readonly title: string;
  /** What it shows, in one sentence. */
  readonly shows: string;
  /** The document. */
  readonly text: string;
}

/** From the smallest to the largest; a test holds that every file of `prompts/` is here. */
const SHOWN: readonly (readonly [name: keyof typeof PROMPTS, title: string, shows: string])[] = [
  ['hello', 'Say hello', 'A prompt is Markdown, and two words are enough.'],
  ['tweet', 'Ask with tools', 'The address of a tool server on a line of its own.'],
  ['dice', 'Roll for initiative', 'A variable with a default, and a limit of steps.'],
  [
    'meeting-slot',
    'Find a meeting time',
    'Only one tool of a server, and a run that is kept for a day.',
  ],
  ['word-count', 'Count the words', 'A tool server with settings of its own.'],
  ['summarize', 'Summarize a page', 'A page of the web as context, with limits for what is read.'],
  ['extract', 'Facts from a note', 'An answer that is data: it is checked against a schema.'],
  ['invitations', 'Invitations', 'A template with a list and conditions.'],
  [
    'release-notes',
    'Release notes',
    'A system message, and a text of several lines as a variable.',
  ],
  [
    'small-site',
    'A page in two files',
    'Code blocks that become files with addresses of their own.',
  ],
];

/** The examples of this server. */
export function examples(): Example[] {
  return SHOWN.map(([name, title, shows]) => ({
    name,
    title,
    shows,
    text: PROMPTS[name],
  }));
}

/** The example of a name; undefined where there is none. */
export function exampleNamed(name: string): Example | undefined {
  return examples().find((example) => example.name === name);
}
