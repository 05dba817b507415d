import { buildChain } from './chain.js';
import { monotonicNs } from './cpu-time.js';
import type { RpcRequest } from './el-state.js';
import { listen } from './http-server.js';
import { Link } from './link.js';
import { SourceState } from './source-state.js';
import { Subscriber } from './subscriber.js';
import type { SourceCommand, SourceOptions, SourceReport } from './stub-messages.js';
import { loadTransactionPool } from './transactions.js';

/** The source stub as a process of its own: `SourceOptions` as its argument, JSON-RPC on a free port of the loopback. */
const options = JSON.parse(process.argv[2] ?? '') as SourceOptions;
const chain = await buildChain(options, loadTransactionPool(options.poolSize, options.cacheFolder));
const state = new SourceState(chain, options.raw, options.live?.from ?? options.blocks, options.onDemand);
const link = new Link(options.latencyMs, options.bytesPerSecond);
const subscribers = new Set<Subscriber>();
let httpRequests = 0;
let published: [number, number][] = [];

function answer(body: Buffer): Buffer[] {
  httpRequests += 1;
  const parsed = JSON.parse(body.toString('latin1')) as RpcRequest | RpcRequest[];
  if (!Array.isArray(parsed)) return one(parsed);
  const parts = parsed.flatMap((request, index) => [Buffer.from(index === 0 ? '' : ','), ...one(request)]);
  return [Buffer.from('['), ...parts, Buffer.from(']')];
}

function one(request: RpcRequest): Buffer[] {
  return [Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},`), state.answer(request), Buffer.from('}')];
}

function report(message: SourceReport): void {
  process.send?.(message);
}

process.on('message', (message) => {
  const { kind } = message as SourceCommand;
  if (kind === 'count') {
    const read = { calls: state.takeCalls(), headersRead: state.takeHeadersRead() };
    report({ kind: 'counts', ...read, httpRequests, headNumber: state.head, published });
    httpRequests = 0;
    published = [];
  } else if (options.live !== null) {
    setInterval(publish, options.live.blockTimeMs);
  }
});

function publish(): void {
  if (state.head >= options.blocks) return;
  state.head += 1;
  published.push([state.head, monotonicNs()]);
  for (const subscriber of subscribers) subscriber.newHead(state.header(state.head));
}

process.on('disconnect', () => process.exit(0));
const { port } = await listen(
  (body, reply) => {
    const parts = answer(body);
    link.carry(
      parts.reduce((sum, part) => sum + part.length, 0),
      () => reply(parts),
    );
  },
  (socket, head) => {
    const subscriber = new Subscriber(socket, head);
    subscribers.add(subscriber);
    socket.once('close', () => subscribers.delete(subscriber));
  },
);
report({ kind: 'ready', port });
