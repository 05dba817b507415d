import { join } from 'node:path';
import { projectRoot } from '../../devnet/project-root.js';
import { createChainReader } from '../../src/engine/chain-reader.js';
import type { FollowHooks } from '../../src/follow/state.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { Dispatcher } from '../../src/rpc/dispatch.js';
import type { Controls } from '../../src/rpc/method.js';
import { modulesOf, servedMethods } from '../../src/rpc/methods.js';
import { OptimismView } from '../../src/rpc/optimism-view.js';
import { type RpcServer, serveRpc } from '../../src/rpc/server.js';
import type { ConsensusClient } from '../../src/source/source.js';
import { EventLog } from '../../src/status/event-log.js';
import { FollowView } from '../../src/status/follow-view.js';
import { createHealth } from '../../src/status/health.js';
import { addHealthRoutes } from '../../src/status/health-routes.js';
import { Calls } from '../../src/status/live/calls.js';
import { LiveView } from '../../src/status/live/live-view.js';
import { addPageRoutes } from '../../src/status/live/page-routes.js';
import { ProgressTracker } from '../../src/status/progress.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { LockstepError } from '../../src/util/errors.js';
import { WrittenReport } from '../status/written-report.js';
import { hashOf, OpChain } from './op-chain.js';

export const CONFIG: JsonObject = {
  genesis: { l1: { hash: hashOf('l1', 7), number: 7 }, l2: { hash: hashOf('l2', 0), number: 0 } },
  ...{ block_time: 2, l2_chain_id: 901 },
};

const EVENTS_KEPT = 4;
const PAGE_FOLDER = join(projectRoot, 'dist/page');
const SIDE = { url: 'https://user:secret@host.example/secret' };
const NO_CALLS = new Calls({ source: SIDE, engine: SIDE, consensus: null, headFeed: null }, () => 0);

export interface Reply {
  readonly status: number;
  /** Undefined where there is no body. */
  readonly body: JsonValue | undefined;
}

/** The consensus client of the source: what it answers for its configuration, and how often it was asked. */
class ToldConfig implements ConsensusClient {
  readonly name = 'http://cl.example';
  config: JsonObject | null | LockstepError = CONFIG;
  reads = 0;

  syncStatus(): Promise<never> {
    return Promise.reject(new Error('the loop asks for this, and RPC does not'));
  }

  chain(): ReturnType<ConsensusClient['chain']> {
    this.reads += 1;
    const { config } = this;
    if (config instanceof LockstepError) return Promise.reject(config);
    if (config === null) return Promise.resolve(null);
    const genesis = (config['genesis'] as JsonObject)['l2'] as {
      readonly number: number;
      readonly hash: `0x${string}`;
    };
    return Promise.resolve({ chainId: 901, genesis, config });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The RPC server as the program puts it together, before an EL that is made up. */
export interface RpcRig {
  readonly el: OpChain;
  readonly url: string;
  readonly consensus: ToldConfig;
  /** What the loop would tell. */
  readonly hooks: FollowHooks;
  readonly ordered: readonly string[];
  readonly bugs: readonly unknown[];
  readonly noL1Said: () => number;
  /** Milliseconds by which the clock of what is kept goes on. */
  readonly advance: (ms: number) => void;
  readonly post: (body: JsonValue, headers?: Readonly<Record<string, string>>) => Promise<Reply>;
  /** The result of one call; rejects with the error object. */
  readonly call: (method: string, params?: readonly JsonValue[]) => Promise<JsonValue>;
  /** The error object of one call. */
  readonly refused: (method: string, params?: JsonValue) => Promise<JsonObject>;
}

const opened: { close(): Promise<void> }[] = [];

/** Ends what a test has started, also when it failed. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((part) => part.close()));
}

interface RigOptions {
  readonly admin?: boolean;
  /** False: the source's EL alone is followed. */
  readonly consensus?: boolean;
}

export async function startRpcRig({ admin = false, consensus: hasConsensus = true }: RigOptions = {}): Promise<RpcRig> {
  await initKeccak();
  const el = await OpChain.start();
  const chain = createChainReader({ url: el.url, jwtSecret: null, timeoutMs: 2_000 });
  opened.push(el, chain);
  const consensus = new ToldConfig();
  let [nowMs, noL1Said] = [0, 0];
  const ordered: string[] = [];
  const bugs: unknown[] = [];
  const now = (): number => nowMs;
  const optimism = new OptimismView({
    chain,
    consensus: hasConsensus ? consensus : null,
    now,
    onNoL1: () => (noL1Said += 1),
  });
  const events = new EventLog(EVENTS_KEPT, () => 1_700_000_000_000);
  const progress = new ProgressTracker(now);
  const health = createHealth(now, 1_000);
  const lastEvent = (): number => events.lastSeq;
  const follow = new FollowView({ version: '1.2.3', progress, health, shadow: null, now, lastEvent });
  const controls: Controls = {
    pause: () => ordered.push('pause'),
    resume: () => ordered.push('resume'),
    recheck: () => ordered.push('recheck'),
    setLogLevel: (level) => ordered.push(level),
  };
  const live = new LiveView({ follow, events, health, calls: NO_CALLS, now, wallNow: () => nowMs });
  const methods = servedMethods(admin);
  const context = { version: '1.2.3', optimism, follow, events, controls, modules: modulesOf(methods) };
  const dispatcher = new Dispatcher(methods, context, (_method, bug) => bugs.push(bug));
  const server: RpcServer = await serveRpc(
    {
      dispatcher,
      routes: (routes) => {
        addHealthRoutes(routes, health, '1.2.3');
        addPageRoutes(routes, { live, metrics: () => Promise.resolve('metrics'), folder: PAGE_FOLDER, now });
      },
    },
    { host: '127.0.0.1', port: 0 },
  );
  opened.push(server);
  const told = new WrittenReport().hooks;
  const hooks = optimism.watch(
    follow.watch(
      events.watch(
        live.watch(
          health.watch({
            ...told,
            onTurn: (turn) => progress.turn(turn),
            onStatus: (status) => progress.status(status),
          }),
        ),
      ),
    ),
  );
  return {
    ...{ el, url: server.url, consensus, hooks, ordered, bugs },
    noL1Said: () => noL1Said,
    advance: (ms) => void (nowMs += ms),
    ...callsTo(server.url),
  };
}

function callsTo(url: string): Pick<RpcRig, 'post' | 'call' | 'refused'> {
  const post = async (body: JsonValue, headers: Readonly<Record<string, string>> = {}): Promise<Reply> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as JsonValue) };
  };
  const one = async (method: string, params: JsonValue): Promise<JsonObject> => {
    const { body } = await post({ jsonrpc: '2.0', id: 1, method, params });
    if (!isJsonObject(body)) throw new Error(`${method} answered ${JSON.stringify(body)}`);
    return body;
  };
  return {
    post,
    call: async (method, params = []) => {
      const { error, result } = await one(method, params);
      if (error !== undefined || result === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
      return result;
    },
    refused: async (method, params = []) => {
      const { error } = await one(method, params);
      if (!isJsonObject(error)) throw new Error(`${method} was not refused`);
      return error;
    },
  };
}
