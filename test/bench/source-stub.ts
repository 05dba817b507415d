import { served } from './block-forms.js';
import { buildChain } from './chain.js';
import { monotonicNs } from './cpu-time.js';
import type { RpcRequest } from './el-state.js';
import { listen } from './http-server.js';
import { Link } from './link.js';
import { loadRecordedChain } from './els/recorded-chain.js';
import { type SourceChain, SourceState } from './source-state.js';
import type { ServedChain, SourceCommand, SourceOptions, SourceReport } from './stub-messages.js';
import { Subscriber } from './subscriber.js';
import { CHAIN_ID, loadTransactionPool } from './transactions.js';

/** The source stub as a process of its own: `SourceOptions` as its argument, JSON-RPC on a free port of the loopback. */
const options = JSON.parse(process.argv[2] ?? '') as SourceOptions;
const chain = await sourceChain(options.chain);
const top = chain.blocks.length - 1;
const state = new SourceState(chain, options.raw, options.live?.from ?? top, options.onDemand);
const link = new Link(options.latencyMs, options.bytesPerSecond);
const subscribers = new Set<Subscriber>();
let httpRequests = 0;
let published: [number, number][] = [];

async function sourceChain(chain: ServedChain): Promise<SourceChain> {
  if ('recordedFile' in chain) return loadRecordedChain(chain.recordedFile);
  const blocks = await buildChain(chain.shape, loadTransactionPool(chain.poolSize, chain.cacheFolder));
  return { chainId: CHAIN_ID, blocks: blocks.map(served) };
}

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
  } else if (kind === 'watch-body') {
    state.onFirstBody(() => report({ kind: 'body', atNs: monotonicNs() }));
  } else if (options.live !== null) {
    setInterval(publish, options.live.blockTimeMs);
  }
});

function publish(): void {
  if (state.head >= top) return;
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
