import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { createChainReader, type ChainReader } from '../engine/chain-reader.js';
import type { Orders } from '../follow/orders.js';
import type { FollowHooks } from '../follow/state.js';
import type { RpcContext } from '../rpc/method.js';
import { OptimismView } from '../rpc/optimism-view.js';
import { EventLog } from '../status/event-log.js';
import { FollowView } from '../status/follow-view.js';
import { addHealthRoutes } from '../status/health-routes.js';
import { LiveView } from '../status/live/live-view.js';
import type { ProgressTracker } from '../status/progress.js';
import type { ShadowReport } from '../status/shadow-report.js';
import { LockstepError } from '../util/errors.js';
import { type Logger, pinoLevel } from '../util/log.js';
import type { Parts } from './build.js';
import { version } from './commands/version.js';

/** Whoever asks is not kept waiting for as long as a block may take. */
const EL_READ_TIMEOUT_MS = 5_000;
const EVENTS_KEPT = 256;
/** Beside the program (.config/finish-build.js). */
const pageFolder = (): string => join(import.meta.dirname, 'page');

interface RpcInput {
  readonly parts: Parts;
  readonly progress: ProgressTracker;
  readonly orders: Orders;
  /** Null where lockstep drives the EL. */
  readonly shadow: ShadowReport | null;
  readonly log: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

export interface Rpc {
  /** The same hooks; what they tell is answered from. */
  watch(hooks: FollowHooks): FollowHooks;
  close(): Promise<void>;
}

const NO_RPC: Rpc = { watch: (hooks) => hooks, close: () => Promise.resolve() };

/**
 * Serves JSON-RPC beside the loop. A taken port is no reason not to follow, unless the operator says so (reliability O5).
 * @throws LockstepError RPC_PORT with --rpc.strict
 */
export async function startRpc(config: Config, input: RpcInput): Promise<Rpc> {
  const { enabled, addr, port, strict } = config.rpc;
  if (!enabled) return NO_RPC;
  const { log } = input;
  const chain = chainReader(config);
  const context = createContext(input, chain);
  const live = config.rpc.page ? liveView(input, context) : null;
  try {
    const server = await serve(config, input, { context, live });
    log.info({ url: server.url, ...(live === null ? {} : { page: `${server.url}/status` }) }, 'RPC is served');
    return {
      watch: (hooks) => context.optimism.watch(context.follow.watch(context.events.watch(live?.watch(hooks) ?? hooks))),
      close: async () => {
        await Promise.all([server.close(), chain.close()]);
      },
    };
  } catch (thrown) {
    await chain.close();
    const error = new LockstepError('RPC_PORT', {
      detail: `--rpc.addr ${addr} --rpc.port ${port} cannot be bound`,
      cause: thrown,
    });
    if (strict) throw error;
    log.warn({ code: error.code, err: error.message, fix: error.fix }, 'RPC is not served');
    return NO_RPC;
  }
}

/** Through the public RPC of the EL where one is named, else through its engine port. */
function chainReader({ engine: { url, rpcUrl, jwtSecret } }: Config): ChainReader {
  const isEnginePort = rpcUrl === url;
  return createChainReader({
    url: rpcUrl,
    jwtSecret: isEnginePort ? jwtSecret.reveal() : null,
    timeoutMs: EL_READ_TIMEOUT_MS,
  });
}

function createContext({ parts, progress, orders, shadow, log, now }: RpcInput, chain: ChainReader): Context {
  const events = new EventLog(EVENTS_KEPT, Date.now);
  const optimism = new OptimismView({
    chain,
    consensus: parts.consensus,
    now,
    onNoL1: () => log.warn('optimism_syncStatus has no L1 blocks: they are those of --l2.follow.source.cl'),
  });
  return {
    version: version(),
    optimism,
    follow: new FollowView({
      version: version(),
      progress,
      health: parts.health,
      shadow,
      now,
      lastEvent: () => events.lastSeq,
    }),
    events,
    controls: {
      pause: () => {
        log.warn('Paused by an operator: nothing is written to the EL');
        orders.pause();
      },
      resume: () => {
        log.warn('Resumed by an operator');
        orders.resume();
      },
      recheck: () => orders.recheck(),
      setLogLevel: (level) => (log.level = pinoLevel(level)),
    },
  };
}

type Context = Omit<RpcContext, 'modules'>;

function liveView({ parts: { health, calls }, now }: RpcInput, { follow, events }: Context): LiveView {
  return new LiveView({ follow, events, health, calls, now, wallNow: Date.now });
}

async function serve(
  { rpc: { addr, port, enableAdmin } }: Config,
  { parts, log, now }: RpcInput,
  { context, live }: { readonly context: Context; readonly live: LiveView | null },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  // The HTTP server is a third of the program: who switches RPC off does not load it.
  const [{ serveRpc }, { Dispatcher }, { servedMethods, modulesOf }, { addPageRoutes }] = await Promise.all([
    import('../rpc/server.js'),
    import('../rpc/dispatch.js'),
    import('../rpc/methods.js'),
    import('../status/live/page-routes.js'),
  ]);
  const methods = servedMethods(enableAdmin);
  const dispatcher = new Dispatcher(methods, { ...context, modules: modulesOf(methods) }, (method, thrown) =>
    log.error({ method, err: thrown }, 'An RPC method failed: this is a bug of lockstep'),
  );
  const routes = (server: Parameters<typeof addHealthRoutes>[0]): void => {
    addHealthRoutes(server, parts.health, context.version);
    const metrics = (): Promise<string> => parts.metrics.registry.metrics();
    if (live !== null) addPageRoutes(server, { live, metrics, folder: pageFolder(), now });
  };
  return serveRpc({ dispatcher, routes }, { host: addr, port });
}
