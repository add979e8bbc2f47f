import type { PageFile } from './page-file.ts';

/** A hash of each file; the module is made by `scripts/page-files.ts`. */
export const VERSIONS: Readonly<Record<PageFile, string>>;
