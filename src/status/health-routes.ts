import type { FastifyInstance } from 'fastify';
import { readLimits } from './criteria.js';
import type { Health, HealthAnswer } from './health.js';

const OK = 200;
const BAD_REQUEST = 400;
const UNAVAILABLE = 503;

/** GET /healthz (always 200 with the version, as op-node has it), /livez, and /readyz or /ready with the limits of the query. */
export function addHealthRoutes(server: FastifyInstance, health: Health, version: string): void {
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
