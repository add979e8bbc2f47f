/** Called by vitest before any test: the Worker imports the files of the editor's page. */
export { writePageFiles as setup } from '../../scripts/page-files.ts';
