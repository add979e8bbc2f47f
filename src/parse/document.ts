import type { Position, Problem } from './problem.ts';

/** One top-level entry of the frontmatter, spelled as the author spelled it. */
export interface FrontmatterEntry {
  readonly key: string;
  /** Plain data: YAML 1.2 core schema, no aliases. */
  readonly value: unknown;
  readonly at: Position;
  readonly valueAt: Position;
}

/** The settings block of a document. */
export interface Frontmatter {
  readonly entries: readonly FrontmatterEntry[];
  /** Where each value stands, by JSON Pointer (`/tools/0/server_url`); its key with `#` behind. */
  readonly positions: ReadonlyMap<string, Position>;
  /** How plain scalars that are not strings were written: `1.10` is the number 1.1. */
  readonly plain: ReadonlyMap<string, string>;
}

/** How a URL was written in the body (spec/prompt-format.md REF). */
export type ReferenceForm = 'bare' | 'autolink' | 'link' | 'mention';

/** A URL in the prose of the body. Nothing has been fetched. */
export interface Reference {
  /** The absolute URL, or for `@/path` the path on the server that runs the prompt. */
  readonly url: string;
  readonly form: ReferenceForm;
  /** What the address looks like; confirmed only when the run starts. */
  readonly looksLike: 'mcp' | 'document';
  /** True when the URL stands in the first block of lines that hold nothing but URLs. */
  readonly leading: boolean;
  /** True when its line holds nothing but URLs. */
  readonly alone: boolean;
  /** `@url#heading` takes one section of a Markdown document. */
  readonly section?: string;
  /** Offsets into `body` of the whole written form, `@` and brackets included; end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Position in the source text. */
  readonly at: Position;
}

/** A prompt document, read but not interpreted: no setting is decided and nothing is fetched. */
export interface PromptDocument {
  /** The source text without a byte order mark. */
  readonly text: string;
  readonly frontmatter: Frontmatter | null;
  /** Everything that is not frontmatter; what the model may see. */
  readonly body: string;
  /** Offset of `body` in `text`. */
  readonly bodyStart: number;
  /** The URLs in the prose of the body, in reading order. */
  readonly references: readonly Reference[];
  readonly problems: readonly Problem[];
}
