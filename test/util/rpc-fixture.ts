import { LockstepError } from '../../src/util/errors.js';
import { RpcTransport, type RpcTransportOptions } from '../../src/util/rpc.js';
import { answering, HttpServer, type Script } from '../rig/http-server.js';

const opened: { close(): Promise<void> }[] = [];

/** Ends every server and transport that a test has opened, also when it failed. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((part) => part.close()));
}

export async function serve(script: Script): Promise<HttpServer> {
  const server = await HttpServer.start(script);
  opened.push(server);
  return server;
}

export function connect(url: string, options: Partial<RpcTransportOptions> = {}): RpcTransport {
  const transport = new RpcTransport({
    peer: 'SOURCE',
    url,
    headers: {},
    timeoutMs: 10_000,
    maxResponseBytes: 1024 * 1024,
    maxConnections: 2,
    ...options,
  });
  opened.push(transport);
  return transport;
}

export const CALL = { method: 'eth_chainId', params: [] };

export const never = (): AbortSignal => new AbortController().signal;

/** Answers each call with its method and parameters. */
export const echo = answering(({ method, params }) => ({ result: [method, ...params] }));

/** The reply to call `id` with this JSON text as result. */
export const reply = (id: number | undefined, result: string): string =>
  `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

export async function failure(work: Promise<unknown>): Promise<LockstepError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LockstepError)) throw new Error('a LockstepError was expected', { cause: error });
  return error;
}
