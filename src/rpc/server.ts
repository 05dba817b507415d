import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { LoopTurns } from '../util/loop-turns.js';
import { type Dispatcher, parseFailure, type RpcAnswer, tooMany } from './dispatch.js';
import { RPC_LIMITS } from './limits.js';

export interface RpcServer {
  /** `http://host:port`, with the port that was really bound. */
  readonly url: string;
  close(): Promise<void>;
}

interface ServedRpc {
  readonly dispatcher: Dispatcher;
  /** Further routes of the same port. */
  readonly routes: (server: FastifyInstance) => void;
}

const REQUEST_TIMEOUT_MS = 1_000 * RPC_LIMITS.requestSeconds;
/** Node looks for slow requests once in 30 s unless told otherwise. */
const TIMEOUT_CHECK_MS = 1_000;
const MAX_HEADER_BYTES = 8 * 1024;

const STATUS = { ok: 200, nothing: 204, badRequest: 400, forbidden: 403, notFound: 404, unavailable: 503 } as const;

/**
 * JSON-RPC by POST on / and nothing else of it: no GET, no WebSocket, no other path. Rejects when the address cannot be
 * bound.
 */
export async function serveRpc(
  { dispatcher, routes }: ServedRpc,
  listen: { readonly host: string; readonly port: number },
): Promise<RpcServer> {
  const server = fastify({
    bodyLimit: RPC_LIMITS.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 1_000 * RPC_LIMITS.silenceSeconds,
    keepAliveTimeout: 1_000 * RPC_LIMITS.silenceSeconds,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Node takes the greater of the two for the whole request.
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    forceCloseConnections: true,
  });
  server.server.maxConnections = RPC_LIMITS.connections;
  // A crowd of callers waits for the loop, and not the following for the crowd.
  const turns = new LoopTurns();
  server.addHook('onRequest', (_request, _reply, goOn) => turns.take(goOn));
  server.removeAllContentTypeParsers();
  // As text: a body that is not JSON is answered in the words of JSON-RPC.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  let underWay = 0;
  server.post('/', async (request, reply) => {
    // A web page that a browser shows can reach loopback addresses; programs send no Origin.
    if (request.headers.origin !== undefined) return reply.code(STATUS.forbidden).send();
    if (underWay >= RPC_LIMITS.underWay) return send(reply, STATUS.unavailable, tooMany());
    underWay += 1;
    reply.raw.once('close', () => (underWay -= 1));
    const body = parsed(request.body);
    if (body === undefined) return send(reply, STATUS.badRequest, parseFailure());
    return send(reply, STATUS.ok, await dispatcher.answer(body));
  });
  routes(server);
  // Nothing of a request comes back in what is refused before it was understood.
  server.setNotFoundHandler((_request, reply) => reply.code(STATUS.notFound).send({ error: 'not found' }));
  server.setErrorHandler<FastifyError>((error, _request, reply) =>
    reply.code(error.statusCode ?? STATUS.badRequest).send({ error: error.code }),
  );
  const url = await server.listen(listen);
  return { url, close: () => server.close() };
}

/** Undefined for what is not JSON. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function send(reply: FastifyReply, status: number, answer: RpcAnswer | null): FastifyReply {
  if (answer === null) return reply.code(STATUS.nothing).send();
  return reply.code(status).header('cache-control', 'no-store').type('application/json').send(JSON.stringify(answer));
}
