import { buildChain } from './chain.js';
import type { RpcRequest } from './el-state.js';
import { listen } from './http-server.js';
import { Link } from './link.js';
import { SourceState } from './source-state.js';
import type { SourceCommand, SourceOptions, SourceReport } from './stub-messages.js';
import { loadTransactionPool } from './transactions.js';

/** The source stub as a process of its own: `SourceOptions` as its argument, JSON-RPC on a free port of the loopback. */
const options = JSON.parse(process.argv[2] ?? '') as SourceOptions;
const chain = await buildChain(options, loadTransactionPool(options.poolSize, options.cacheFolder));
const state = new SourceState(chain, options.raw, options.live?.from ?? options.blocks);
const link = new Link(options.latencyMs, options.bytesPerSecond);
let httpRequests = 0;

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
    report({ kind: 'counts', calls: state.takeCalls(), httpRequests, headNumber: state.head });
    httpRequests = 0;
  } else if (options.live !== null) {
    setInterval(() => {
      state.head = Math.min(state.head + 1, options.blocks);
    }, options.live.blockTimeMs);
  }
});
process.on('disconnect', () => process.exit(0));
const { port } = await listen((body, reply) => {
  const parts = answer(body);
  link.carry(
    parts.reduce((sum, part) => sum + part.length, 0),
    () => reply(parts),
  );
});
report({ kind: 'ready', port });
