import { fastify } from 'fastify';
import type { Registry } from 'prom-client';
import { readLimits } from './criteria.js';
import type { Health, HealthAnswer } from './health.js';

export interface MetricsServer {
  /** `http://host:port`, with the port that was really bound. */
  readonly url: string;
  close(): Promise<void>;
}

interface Served {
  readonly registry: Registry;
  readonly health: Health;
  readonly version: string;
}

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 1_024;
const OK = 200;
const BAD_REQUEST = 400;
const UNAVAILABLE = 503;

/**
 * Serves GET /metrics, /healthz (always 200 with the version, as op-node does), /livez and /readyz (or /ready, with the
 * limits of the query), and nothing else. Rejects when the address cannot be bound.
 */
export async function serveMetrics(
  { registry, health, version }: Served,
  listen: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  server.get('/metrics', async (_request, reply) => {
    await reply.type(registry.contentType).send(await registry.metrics());
  });
  const answers: Readonly<Record<string, (query: URLSearchParams) => Answer>> = {
    '/healthz': () => ({ code: OK, body: { version } }),
    '/livez': () => answerOf(health.live()),
    '/readyz': (query) => readiness(health, query),
    '/ready': (query) => readiness(health, query),
  };
  for (const [path, answer] of Object.entries(answers)) {
    server.get(path, async (request, reply) => {
      const { code, body } = answer(new URL(request.url, 'http://any').searchParams);
      await reply.code(code).header('cache-control', 'no-store').send(body);
    });
  }
  const url = await server.listen(listen);
  return { url, close: () => server.close() };
}

interface Answer {
  readonly code: number;
  readonly body: HealthAnswer['body'];
}

function answerOf({ ok, body }: HealthAnswer): Answer {
  return { code: ok ? OK : UNAVAILABLE, body };
}

function readiness(health: Health, query: URLSearchParams): Answer {
  const limits = readLimits(query);
  return typeof limits === 'string' ? { code: BAD_REQUEST, body: { error: limits } } : answerOf(health.ready(limits));
}
