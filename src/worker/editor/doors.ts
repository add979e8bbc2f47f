/**
 * The editor and what it asks for, in one module that the first such request loads: who posts prompts
 * does not pay for the page.
 */
export { editRun } from './edit-run.ts';
export { editorPage, showEditor } from './editor-page.ts';
export { fromAddress } from './from-address.ts';
export { inspect } from './inspect.ts';
export { pageFile } from './page-file.ts';
