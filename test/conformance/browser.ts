/** Longest chain of pages that a login may take. */
const MAX_HOPS = 10;

/** Where a login ended. */
export interface Landing {
  readonly status: number;
  readonly url: string;
  readonly text: string;
}

/**
 * A person's browser, as far as a login needs one: it keeps cookies by origin, follows redirects
 * from site to site and says for each request where it came from.
 */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Opens the page of a login link and presses its button; ends where the browser ends. */
  async logIn(link: string): Promise<Landing> {
    const page = await this.#go('GET', link);
    return page.status >= 400 ? page : await this.#go('POST', link);
  }

  async #go(first: 'GET' | 'POST', link: string): Promise<Landing> {
    let method = first;
    let url = new URL(link);
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        headers: this.#headers(method, url, hop),
        ...(method === 'POST' && { body: new URLSearchParams() }),
      });
      this.#keep(url.origin, response.headers.getSetCookie());
      const next = response.headers.get('location');
      if (next === null)
        return { status: response.status, url: url.href, text: await response.text() };
      await response.body?.cancel();
      url = new URL(next, url);
      method = 'GET';
    }
    throw new Error(`More than ${MAX_HOPS} redirects from ${link}.`);
  }

  #headers(method: string, url: URL, hop: number): Record<string, string> {
    const jar = [...(this.#cookies.get(url.origin) ?? [])];
    return {
      accept: 'text/html',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': hop > 0 ? 'cross-site' : method === 'POST' ? 'same-origin' : 'none',
      ...(method === 'POST' && { origin: url.origin }),
      ...(jar.length > 0 && { cookie: jar.map((pair) => pair.join('=')).join('; ') }),
    };
  }

  #keep(origin: string, lines: readonly string[]): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    for (const line of lines) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) jar.set(name, value);
    }
  }
}
