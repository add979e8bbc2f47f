import type { Asset } from '../../publish/assets.ts';
import type { EditorFiles } from '../../publish/render-editor.ts';
import { VERSIONS } from './page-versions.js';

/** A file of the editor's page. */
export type PageFile = 'editor.js' | 'parser.js' | 'editor.css';

const TYPES: Readonly<Record<PageFile, string>> = {
  'editor.js': 'text/javascript; charset=utf-8',
  'parser.js': 'text/javascript; charset=utf-8',
  'editor.css': 'text/css; charset=utf-8',
};

/** The addresses by which the page asks for its files: they change when the content does. */
export function editorFiles(): EditorFiles {
  return {
    script: addressOf('editor.js'),
    parser: addressOf('parser.js'),
    stylesheet: addressOf('editor.css'),
  };
}

function addressOf(name: PageFile): string {
  return `/assets/${name}?v=${VERSIONS[name]}`;
}

/** A file by the name under `/assets/`, or null. What no page asked for yet is not in memory. */
export async function pageFile(name: string): Promise<Asset | null> {
  if (!isPageFile(name)) return null;
  const { BODIES } = await import('./page-bodies.js');
  return { type: TYPES[name], body: BODIES[name], etag: `"${VERSIONS[name]}"` };
}

function isPageFile(name: string): name is PageFile {
  return Object.hasOwn(TYPES, name);
}
