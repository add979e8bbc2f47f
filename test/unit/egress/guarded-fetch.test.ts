import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../../src/node/node-network.ts';
import { guardedFetch } from '../../../src/egress/guarded-fetch.ts';
import type { FetchLike, GuardedFetchOptions } from '../../../src/egress/guarded-fetch.ts';
import { Fault } from '../../../src/fault/fault.ts';
import { loopbackServer } from './loopback-server.ts';

const canary = await loopbackServer((_request, response) => response.end('inside'));
const elsewhere = await loopbackServer((_request, response) => response.end('elsewhere'));
const routes: Readonly<Record<string, (response: ServerResponse, query: URLSearchParams) => void>> =
  {
    '/': (response) => response.end('hello'),
    '/final': (response) => response.end('hello'),
    '/moved': (response, query) => {
      const location = query.get('to') ?? '';
      const headers = { location, 'set-cookie': 'a=b' };
      response.writeHead(Number(query.get('status')), headers).end('moved');
    },
    '/bytes': (response, query) => response.end('x'.repeat(Number(query.get('n')))),
    '/bomb': (response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(new Uint8Array(20_000_000)));
    },
    '/gzip': (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'x-kept': 'yes' });
      response.end(gzipSync('unpacked'));
    },
    '/stall': (response) => response.write('first'),
    '/drip': (response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    },
    '/broken': (response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    },
    '/nothing': (response) => response.writeHead(204).end(),
    '/hang': () => undefined,
  };

const server = await loopbackServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://host');
  if (url.pathname === '/echo') request.pipe(response);
  else routes[url.pathname]?.(response, url.searchParams);
});

const network = nodeNetwork();
const deaf: FetchLike = () => new Promise(() => undefined);
const DEFAULTS: GuardedFetchOptions = {
  allow: [server.place, elsewhere.place],
  transport: network,
  maxBytes: 1_000_000,
  headTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  totalTimeoutMs: 10_000,
  hops: { get: 3, post: 0 },
};

function guarded(options: Partial<GuardedFetchOptions> = {}) {
  return guardedFetch({ ...DEFAULTS, ...options });
}

function at(path: string): string {
  return `${server.origin}${path}`;
}

function moved(to: string, status = 302): string {
  return at(`/moved?status=${status}&to=${encodeURIComponent(to)}`);
}

/** The code a request fails with. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof Fault ? thrown.code : `not a fault: ${String(thrown)}`;
}

beforeEach(() => {
  for (const { seen } of [canary, elsewhere, server]) seen.length = 0;
});

describe('guardedFetch', () => {
  it('gives status, headers, final URL and body of an allowed address', async () => {
    const response = await guarded()(at('/'));
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.url, await response.text()]).toEqual([200, at('/'), 'hello']);
  });

  it.each([
    ['a string', (url: string) => guarded()(url, { method: 'POST', body: 'text' })],
    ['a URL', (url: string) => guarded()(new URL(url), { method: 'post', body: 'text' })],
    ['a Request', (url: string) => guarded()(new Request(url, { method: 'POST', body: 'text' }))],
    [
      'a stream',
      (url: string) => guarded()(url, { method: 'POST', body: new Blob(['text']).stream() }),
    ],
    [
      'bytes',
      (url: string) => guarded()(url, { method: 'POST', body: new TextEncoder().encode('text') }),
    ],
    [
      'a Request with an init over it',
      (url: string) => guarded()(new Request(url), { method: 'POST', body: 'text' }),
    ],
  ])('takes %s and sends the body', async (_what, send) => {
    const response = await send(at('/echo'));
    expect(await response.text()).toBe('text');
    expect(server.seen[0]?.method).toBe('POST');
  });

  it('sends a form as a form', async () => {
    const form = new FormData();
    form.set('field', 'value');
    const response = await guarded()(at('/echo'), { method: 'POST', body: form });
    expect(await response.text()).toContain('name="field"');
    expect(server.seen[0]?.headers['content-type']).toContain('multipart/form-data; boundary=');
  });

  it('never lets a caller set the headers of the connection', async () => {
    await guarded()(at('/'), {
      headers: { host: 'inside.example', 'x-mine': '1', te: 'trailers' },
    });
    expect(server.seen[0]?.headers).toMatchObject({ host: server.place, 'x-mine': '1' });
    expect(server.seen[0]?.headers['te']).toBeUndefined();
  });

  it('says who asks where the caller does not, as GitHub wants of everybody', async () => {
    await guarded()(at('/'));
    await guarded()(at('/'), { headers: { 'User-Agent': 'mine/1' } });
    const agents = server.seen.map(({ headers }) => headers['user-agent']);
    expect(agents).toEqual(['MarkdownOps', 'mine/1']);
  });

  it('leaves the headers object of the caller alone', async () => {
    const headers = new Headers({ authorization: 'Bearer x', host: 'kept.example' });
    await guarded()(moved(`${elsewhere.origin}/`), { headers });
    expect([...headers]).toEqual([
      ['authorization', 'Bearer x'],
      ['host', 'kept.example'],
    ]);
  });

  it('refuses an address that is not allowed before any connection', async () => {
    expect(await codeOf(guarded()(canary.origin))).toBe('address_refused');
    expect(await codeOf(guarded()('not a url'))).toBe('address_refused');
    expect(canary.seen).toEqual([]);
  });

  it('refuses local addresses where there is no local transport', async () => {
    const { internet } = network;
    expect(await codeOf(guarded({ transport: { internet } })(at('/')))).toBe('address_refused');
    expect(server.seen).toEqual([]);
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('EG-8: follows a %d of a GET', async (status) => {
    const response = await guarded()(moved('/final', status));
    expect([response.url, await response.text()]).toEqual([at('/final'), 'hello']);
  });

  it('EG-8: follows three hops and not a fourth', async () => {
    const three = moved(moved(moved('/final')));
    expect((await guarded()(three)).url).toBe(at('/final'));
    expect(await codeOf(guarded()(moved(three)))).toBe('server_error');
  });

  it('EG-8: a loop ends', async () => {
    const loop = await loopbackServer((_request, response) => {
      response.writeHead(302, { location: '/' }).end();
    });
    expect(await codeOf(guarded({ allow: [loop.place] })(loop.origin))).toBe('server_error');
    expect(loop.seen).toHaveLength(4);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
    'EG-8: a redirected %s is a fault',
    async (method) => {
      const sent = guarded()(moved('/final', 307), { method });
      expect(await codeOf(sent)).toBe('server_error');
      const manual = guarded()(moved('/final', 307), { method, redirect: 'manual' });
      expect(await codeOf(manual)).toBe('server_error');
      expect(server.seen).toHaveLength(2);
    },
  );

  it('EG-8: hands a GET that asked for manual redirects the redirect itself', async () => {
    const response = await guarded()(moved('/final'), { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/final']);
    expect(await codeOf(guarded()(moved('/final'), { redirect: 'error' }))).toBe('server_error');
  });

  it('EG-8: every hop is checked again; nothing inside is ever asked', async () => {
    const port = new URL(canary.origin).port;
    for (const target of [
      canary.origin,
      `http://localhost:${port}/`,
      `http://2130706433:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `//127.1:${port}/`,
      'https://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      `http://user@${server.place}/`,
    ]) {
      expect(await codeOf(guarded()(moved(target))), target).toBe('address_refused');
    }
    expect(canary.seen).toEqual([]);
  });

  it('EG-8: a public address may not send a run to an allowed local one', async () => {
    const internet: FetchLike = () =>
      Promise.resolve(new Response(null, { status: 302, headers: { location: elsewhere.origin } }));
    const transport = { ...network, internet };
    expect(await codeOf(guarded({ transport })('https://public.example/'))).toBe('address_refused');
    expect(elsewhere.seen).toEqual([]);
  });

  const SECRETS = {
    authorization: 'Bearer canary',
    cookie: 'session=canary',
    'x-api-key': 'canary',
    'mcp-session-id': 'canary',
    'x-whatever': 'canary',
  };

  it('EG-9: no credential travels to another origin, in whatever header', async () => {
    const headers = { ...SECRETS, 'proxy-authorization': 'canary', accept: 'text/markdown' };
    await guarded()(moved(`${elsewhere.origin}/`), { headers });
    expect(elsewhere.seen).toHaveLength(1);
    expect(JSON.stringify(elsewhere.seen[0]?.headers)).not.toContain('canary');
    expect(elsewhere.seen[0]?.headers.accept).toBe('text/markdown');
  });

  it('EG-9: they do not come back when the redirect comes back', async () => {
    const back = await loopbackServer((_request, response) => {
      response.writeHead(302, { location: at('/final') }).end();
    });
    const allow = [server.place, back.place];
    await guarded({ allow })(moved(back.origin), { headers: SECRETS });
    expect(server.seen).toHaveLength(2);
    expect(JSON.stringify(server.seen[0]?.headers)).toContain('canary');
    expect(JSON.stringify(server.seen[1]?.headers)).not.toContain('canary');
  });

  it('EG-9: they stay on the same origin, and no cookie is kept', async () => {
    await guarded()(moved('/final'), { headers: { authorization: 'Bearer kept' } });
    expect(server.seen[1]?.headers.authorization).toBe('Bearer kept');
    expect(server.seen[1]?.headers.cookie).toBeUndefined();
  });
});

describe('sizes', () => {
  it('EG-10: gives exactly as many bytes as are allowed', async () => {
    const response = await guarded({ maxBytes: 100_000 })(at('/bytes?n=100000'));
    expect(await response.text()).toHaveLength(100_000);
  });

  it('EG-10: one byte more is a fault, after the bytes that are allowed', async () => {
    const response = await guarded({ maxBytes: 99_999 })(at('/bytes?n=100000'));
    let bytes = 0;
    const count = new WritableStream<Uint8Array>({
      write: (chunk: Uint8Array) => {
        bytes += chunk.byteLength;
      },
    });
    expect(await codeOf(response.body?.pipeTo(count) ?? Promise.resolve())).toBe('server_limit');
    expect(bytes).toBe(99_999);
  });

  it('EG-10: a gzip bomb is counted as it unpacks', async () => {
    const response = await guarded()(at('/bomb'));
    expect(await codeOf(response.text())).toBe('server_limit');
  });

  it('hands on unpacked bytes without the headers of the packed ones', async () => {
    const response = await guarded()(at('/gzip'));
    expect(await response.text()).toBe('unpacked');
    expect(response.headers.get('x-kept')).toBe('yes');
    expect(response.headers.get('content-encoding')).toBeNull();
  });

  it('reads nothing ahead of its reader', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new Uint8Array(10));
        },
      },
      { highWaterMark: 0 },
    );
    const internet: FetchLike = () => Promise.resolve(new Response(body));
    const response = await guarded({ transport: { internet } })('https://public.example/');
    const reader = response.body?.getReader();
    await reader?.read();
    expect(pulled).toBe(1);
    await reader?.cancel();
  });

  it('a response without a body is whole', async () => {
    const response = await guarded()(at('/nothing'));
    expect([response.status, response.body]).toEqual([204, null]);
  });
});

describe('time', () => {
  it('EG-11: a server that never sends headers times out', async () => {
    expect(await codeOf(guarded({ headTimeoutMs: 50 })(at('/hang')))).toBe('server_timeout');
  });

  it('EG-11: silence in the middle of a body times out', async () => {
    const reading = guarded({ idleTimeoutMs: 50 })(at('/stall')).then((response) =>
      response.text(),
    );
    expect(await codeOf(reading)).toBe('server_timeout');
  });

  it('EG-11: a slow drip passes the idle limit and not the total one', async () => {
    const reading = guarded({ totalTimeoutMs: 200 })(at('/drip')).then((response) =>
      response.text(),
    );
    expect(await codeOf(reading)).toBe('server_timeout');
  });

  it('EG-11: a reader that takes its time is not a silent server', async () => {
    const response = await guarded({ idleTimeoutMs: 600 })(at('/bytes?n=300000'));
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
  });

  it('a transport deaf to its signal still times out', async () => {
    const fetching = guarded({ transport: { internet: deaf }, headTimeoutMs: 20 })(
      'https://deaf.example/',
    );
    expect(await codeOf(fetching)).toBe('server_timeout');
  });

  it('an abort of the caller stays an AbortError, before, during and after the headers', async () => {
    const aborted = guarded()(at('/'), { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.seen).toEqual([]);

    const controller = new AbortController();
    const hanging = guarded()(at('/hang'), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(hanging).rejects.toMatchObject({ name: 'AbortError' });

    const later = new AbortController();
    const response = await guarded()(at('/stall'), { signal: later.signal });
    const text = response.text();
    later.abort();
    await expect(text).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('an abort ends a body that nobody reads just now, and closes its connection', async () => {
    const closing = Promise.withResolvers<void>();
    const slow = await loopbackServer((_request, response) => {
      response.write('first');
      void once(response, 'close').then(() => closing.resolve());
    });
    const controller = new AbortController();
    const { signal } = controller;
    const response = await guarded({ allow: [slow.place] })(slow.origin, { signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value).toEqual(new TextEncoder().encode('first'));
    controller.abort();
    await closing.promise;
    await expect(reader?.read()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('cancelling the body closes the connection', async () => {
    const closing = Promise.withResolvers<void>();
    const slow = await loopbackServer((_request, response) => {
      response.write('first');
      void once(response, 'close').then(() => closing.resolve());
    });
    const response = await guarded({ allow: [slow.place] })(slow.origin);
    await response.body?.cancel();
    await closing.promise;
  });
});

describe('faults', () => {
  it('EG-12: a closed port, an unknown name and a broken body say the same and no more', async () => {
    const closedPort = '127.0.0.1:1';
    const allow = [...DEFAULTS.allow, closedPort];
    const refused = guarded({ allow })(`http://${closedPort}/`);
    await expect(refused).rejects.toMatchObject({
      code: 'server_unreachable',
      message: 'The tool server could not be reached. Check its address, and that it runs.',
    });
    const nowhere = nodeNetwork((_name, _options, done) => done(new Error('ENOTFOUND'), []));
    const inside = nodeNetwork((_name, _options, done) => {
      done(null, [{ address: '10.0.0.1', family: 4 }]);
    });
    for (const transport of [nowhere, inside]) {
      await expect(guarded({ transport })('https://wiki.example.com/')).rejects.toMatchObject({
        code: 'server_unreachable',
        message: 'The tool server could not be reached. Check its address, and that it runs.',
      });
    }
    const broken = await guarded()(at('/broken'));
    expect(await codeOf(broken.text())).toBe('server_unreachable');
  });

  it('EG-12: the codes are those the caller chose', async () => {
    const faults = {
      unreachable: 'model_unavailable',
      timeout: 'model_timeout',
      limit: 'model_garbage',
      redirect: 'model_rejected',
    } as const;
    const fetching = guarded({
      faults,
      maxBytes: 1,
      headTimeoutMs: 1000,
      allow: [server.place, '127.0.0.1:1'],
    });
    expect(await codeOf(fetching('http://127.0.0.1:1/'))).toBe('model_unavailable');
    expect(await codeOf(fetching(at('/hang')))).toBe('model_timeout');
    expect(await codeOf(fetching(at('/')).then((response) => response.text()))).toBe(
      'model_garbage',
    );
    expect(await codeOf(fetching(moved('/'), { method: 'POST' }))).toBe('model_rejected');
  });
});
