/** A hash of the code of `run-forms.ts` and all it loads; the module is made by `scripts/page-files.ts`. */
export const RENDERER_VERSION: string;
