import { fastify } from 'fastify';
import type { Registry } from 'prom-client';
import { LoopTurns } from '../util/loop-turns.js';
import { SharedRead } from '../util/shared-read.js';
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
 * The text of all metrics takes 2 ms of CPU. It is given again for this many times as long as it took: whoever asks for it without a
 * pause then costs the following a twentieth of a core, and not all of it.
 */
const REST_PER_RENDER = 19;

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
  // A crowd of callers waits for the loop, and not the following for the crowd.
  const turns = new LoopTurns();
  server.addHook('onRequest', (_request, _reply, goOn) => turns.take(goOn));
  const text = new SharedRead(
    () => registry.metrics(),
    (tookMs) => REST_PER_RENDER * tookMs,
    () => performance.now(),
  );
  server.get('/metrics', async (_request, reply) => {
    await reply.type(registry.contentType).send(await text.get());
  });
  addHealthRoutes(server, health, version);
  const url = await server.listen(listen);
  return { url, close: () => server.close() };
}
