import type { FastifyInstance } from 'fastify';
import type { Health, HealthAnswer } from './health.js';

const OK = 200;
const UNAVAILABLE = 503;

/** GET /healthz (always 200 with the version, as op-node has it), /livez and /readyz. */
export function addHealthRoutes(server: FastifyInstance, health: Health, version: string): void {
  const answers: Readonly<Record<string, () => HealthAnswer>> = {
    '/healthz': () => ({ ok: true, body: { version } }),
    '/livez': () => health.live(),
    '/readyz': () => health.ready(),
  };
  for (const [path, answer] of Object.entries(answers)) {
    server.get(path, async (_request, reply) => {
      const { ok, body } = answer();
      await reply
        .code(ok ? OK : UNAVAILABLE)
        .header('cache-control', 'no-store')
        .send(body);
    });
  }
}
