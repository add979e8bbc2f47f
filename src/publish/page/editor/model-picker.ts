import type { Editor } from './editor.ts';

/** The list of the server's models, which writes the chosen one into the frontmatter. */
export function startModelPicker(editor: Editor): void {
  void editor;
}
