import { SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH } from './page-source.ts';

/** A file that pages load. */
export interface Asset {
  readonly type: string;
  readonly body: string;
  /** Strong validator, quotes included. */
  readonly etag: string;
}

/** The files that pages load, by path. Pages ask with `?v=`, so an answer may be kept for ever. */
export const ASSETS: Readonly<Record<'/assets/style.css' | '/assets/run.js', Asset>> = {
  '/assets/style.css': {
    type: 'text/css; charset=utf-8',
    body: STYLE,
    etag: `"${STYLE_HASH}"`,
  },
  '/assets/run.js': {
    type: 'text/javascript; charset=utf-8',
    body: SCRIPT,
    etag: `"${SCRIPT_HASH}"`,
  },
};

/** The address by which a page asks for an asset: it changes when the content does. */
export function assetUrl(path: keyof typeof ASSETS): string {
  return `${path}?v=${ASSETS[path].etag.slice(1, -1)}`;
}
