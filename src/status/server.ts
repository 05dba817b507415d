import { fastify } from 'fastify';
import type { Registry } from 'prom-client';
import type { Health } from './health.js';
import { addHealthRoutes } from './health-routes.js';

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
  addHealthRoutes(server, health, version);
  const url = await server.listen(listen);
  return { url, close: () => server.close() };
}
