import { answering, HttpServer } from '../rig/http-server.js';

/** A consensus client of the OP Stack: it knows optimism_syncStatus and no eth_* method. */
export function consensusClient(): Promise<HttpServer> {
  return HttpServer.start(
    answering(({ method }) =>
      method === 'optimism_syncStatus'
        ? { result: { unsafe_l2: {}, safe_l2: {}, finalized_l2: {} } }
        : { error: { code: -32601, message: 'the method does not exist' } },
    ),
  );
}
