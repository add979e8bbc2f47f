import type { Editor } from './editor.ts';

/** The dialog that writes tool servers into the frontmatter. */
export function startServerDialog(editor: Editor): void {
  void editor;
}
