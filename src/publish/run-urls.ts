/** The addresses of one run; all of them show the same public view. */
export interface RunUrls {
  readonly html: string;
  readonly markdown: string;
  readonly json: string;
  readonly text: string;
  /** The run's events as SSE. */
  readonly events: string;
}

/** The address of a named code block of the answer. */
export function fileUrl({ html }: RunUrls, path: string): string {
  return `${html}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * The addresses of a run.
 * @param origin scheme, host and port without a slash at the end; empty gives paths
 */
export function runUrls(origin: string, id: string): RunUrls {
  const page = `${origin}/${id}`;
  return {
    html: page,
    markdown: `${page}.md`,
    json: `${page}.json`,
    text: `${page}.txt`,
    events: `${page}/events`,
  };
}

/** Another page of the server that the run is on. */
export function siteUrl({ html }: RunUrls, path: string): string {
  return URL.canParse(html) ? new URL(path, html).href : path;
}

/** An address without its origin; what already is a path stays one. */
export function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
