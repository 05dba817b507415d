import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Whole } from '../../page/wire.js';
import { isPrivateUrl } from '../../util/private-url.js';
import type { LiveView } from './live-view.js';
import { Streams } from './streams.js';

interface ServedPage {
  readonly live: LiveView;
  /** In the text form of Prometheus, for the diagnostic bundle. */
  readonly metrics: () => Promise<string>;
  /** Holds the files that the build makes of src/page. */
  readonly folder: string;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

const STATUS = { forbidden: 403, unavailable: 503, movedTemporarily: 302 } as const;

const FILES = [
  { path: '/status', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/status/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { path: '/status/style.css', file: 'style.css', type: 'text/css; charset=utf-8' },
] as const;

/** Nothing but the files beside it: no inline script, no other host, no frame around it. */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", 'img-src data:'],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** What is put together for one is good for all who ask within this time: it takes milliseconds. */
const SHARED_MS = 1_000;

/**
 * GET /status (where / leads a browser), its two files, /status.json, /status/events (server-sent) and
 * /status/bundle.json. Other sites are refused: by Origin and Sec-Fetch-Site, and, where a name of theirs is pointed at this
 * host (DNS rebinding), by Host.
 */
export function addPageRoutes(server: FastifyInstance, { live, metrics, folder, now }: ServedPage): void {
  const whole = new Shared(now, () => JSON.stringify(live.whole()));
  const bundle = new Shared(now, async () => bundleText(live.whole(), await metrics()));
  const streams = new Streams({ whole: () => whole.text, ticker: () => tickerText(live, whole) });
  const get = (path: string, answer: (reply: FastifyReply) => Promise<FastifyReply> | FastifyReply): void => {
    server.get(path, { exposeHeadRoute: false }, async (request, reply) => {
      const reason = refused(request);
      if (reason !== null) return reply.code(STATUS.forbidden).send({ error: reason });
      return answer(reply.headers(HEADERS));
    });
  };
  server.get('/', { exposeHeadRoute: false }, async (request, reply) => {
    if (request.headers.accept?.includes('text/html') !== true) return reply.callNotFound();
    return reply.redirect('/status', STATUS.movedTemporarily);
  });
  const read = filesOf(folder);
  for (const { path, file, type } of FILES) {
    get(path, async (reply) => {
      const text = await read(file);
      if (text === null)
        return reply.code(STATUS.unavailable).send({ error: 'the files of the page are not installed' });
      return reply.type(type).send(text);
    });
  }
  get('/status.json', (reply) => reply.type('application/json').send(whole.text));
  get('/status/bundle.json', async (reply) => {
    const name = `lockstep-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}.json`;
    return reply
      .header('content-disposition', `attachment; filename="${name}"`)
      .type('application/json')
      .send(await bundle.text);
  });
  get('/status/events', (reply) => {
    if (!streams.add(reply.raw, HEADERS)) {
      return reply.code(STATUS.unavailable).header('retry-after', '10').send({ error: 'too many pages are open' });
    }
    return reply.hijack();
  });
}

function bundleText(whole: Whole, metrics: string): string {
  const { platform, arch, version: node } = process;
  return JSON.stringify({ ...whole, system: { node, platform, arch }, metrics });
}

/** Who begins to read between two ticks is given what the next one goes on from. */
function tickerText(live: LiveView, whole: Shared<string>): () => string {
  const next = live.ticker();
  whole.forget();
  return () => {
    whole.forget();
    return JSON.stringify(next());
  };
}

const PLAIN_HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Why a request is not answered; null for one that is. */
function refused({ headers }: FastifyRequest): string | null {
  const { host = '' } = headers;
  if (isOfOtherSite(headers)) return 'not for other sites';
  if (!PLAIN_HOST.test(host) || !URL.canParse(`http://${host}`)) return 'no host that can be read';
  const { hostname } = new URL(`http://${host}`);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) > 0 || isPrivateUrl(`http://${host}`)) return null;
  return 'served under an address or a private name alone: let a proxy set the header Host to one';
}

/** A link to the page may be anywhere. */
function isOfOtherSite({ host = '', origin, ...headers }: FastifyRequest['headers']): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none' && headers['sec-fetch-mode'] !== 'navigate';
  // Browsers tell the site to https and to this machine alone.
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

class Shared<T> {
  #made: { readonly text: T; readonly at: number } | null = null;

  constructor(
    private readonly now: () => number,
    private readonly make: () => T,
  ) {}

  get text(): T {
    const at = this.now();
    if (this.#made === null || at - this.#made.at >= SHARED_MS) this.#made = { text: this.make(), at };
    return this.#made.text;
  }

  forget(): void {
    this.#made = null;
  }
}

/** Reads a file when it is first asked for; null where there is none. */
function filesOf(folder: string): (file: string) => Promise<string | null> {
  const files = new Map<string, Promise<string | null>>();
  return (file) => {
    const known = files.get(file) ?? readFile(join(folder, file), 'utf8').catch(() => null);
    files.set(file, known);
    return known;
  };
}
