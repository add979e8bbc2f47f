/** How a named code block of an answer is served. */
export interface FileType {
  readonly mediaType: string;
  /** The `Content-Type` of a response. */
  readonly contentType: string;
  /** Whether a browser may show it; what is not known is only saved. */
  readonly isShown: boolean;
}

const DATA: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  markdown: 'text/markdown',
  md: 'text/markdown',
  tsv: 'text/tab-separated-values',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};

// Everything that a browser would run or lay out is here too: a page, a picture or a script that a
// model was made to write must not act in this server's origin.
const TEXT = new Set(
  (
    'adoc astro bash bat bib c cc cfg cjs clj conf cpp cs css csproj cts cxx dart diff dockerfile ' +
    'edn ejs el elm env erb erl ex exs f90 fish fs gitignore go gql gradle graphql groovy h hbs hcl ' +
    'hpp hs htm html http ini ipynb java jl js json5 jsonl jsx kt kts less lisp lock log lua m mdx ' +
    'mjs mk ml mm mts nim nix patch php pl plist prisma properties proto ps1 py r rb rs rst sass ' +
    'scala scm scss sh sql srt styl sv svelte svg swift tex tf toml ts tsx txt v vb vhd vim vtt vue ' +
    'wat xhtml xml xsl zig zsh'
  ).split(' '),
);

/** Names without an extension that everybody knows. */
const NAMES = new Set(['dockerfile', 'makefile', 'license', 'readme', 'procfile', 'gemfile']);

/**
 * The media type of a file by its name: data and prose as what they are, every kind of code as plain
 * text, the rest as bytes to save.
 * @see spec/rendering.md, Files
 */
export function mediaTypeOf(path: string): FileType {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  const extension = dot === -1 ? '' : name.slice(dot + 1);
  const data = Object.hasOwn(DATA, extension) ? DATA[extension] : undefined;
  if (data !== undefined) return shown(data);
  if (TEXT.has(extension) || NAMES.has(name)) return shown('text/plain');
  const bytes = 'application/octet-stream';
  return { mediaType: bytes, contentType: bytes, isShown: false };
}

function shown(mediaType: string): FileType {
  return { mediaType, contentType: `${mediaType}; charset=utf-8`, isShown: true };
}
