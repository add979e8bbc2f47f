import type { PageFile } from './page-file.ts';

/** The files themselves; the module is made by `scripts/page-files.ts`. */
export const BODIES: Readonly<Record<PageFile, string>>;
