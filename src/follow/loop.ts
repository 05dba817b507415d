import type { Engine, EngineReader } from '../engine/engine.js';
import type { ConsensusClient, HeadFeed, Source } from '../source/source.js';
import { asLockstepError, type LockstepError } from '../util/errors.js';
import { Wakeup } from '../util/wakeup.js';
import type { Labels } from '../chain/block.js';
import type { ActDeps, ExpectedChain } from './act.js';
import { decide } from './decide.js';
import { ConsensusWatch } from './consensus-watch.js';
import { ExecutionWatch } from './execution-watch.js';
import type { FetchLimits } from './fetch-ahead.js';
import { withNewestHead } from './newest-head.js';
import { FetchWindow } from './fetch-window.js';
import { Observer } from './observe.js';
import type { Orders } from './orders.js';
import { PlannedPayloads } from './planned-payloads.js';
import type { RecoveryPolicy } from './recovery-state.js';
import { DRIVER, type Role } from './role.js';
import { shadowPolicy, shadowRole } from './shadow.js';
import { sameView, type SourceWatch } from './source-watch.js';
import { WatchedSource } from './watched-source.js';
import type { Outcome } from './action.js';
import type { ElSync, ElSyncPolicy } from './el-sync-state.js';
import { INITIAL_STATE, type FollowHooks, type Seen, type SourceView, type State } from './state.js';

export interface FollowOptions {
  readonly pollIntervalMs: number | 'auto';
  readonly safetyIntervalMs: number | 'auto';
  readonly limits: FetchLimits & { readonly maxConcurrency: number; readonly blocksPerForkchoice: number };
  readonly expected: ExpectedChain;
  /** Null: every block is replayed. */
  readonly elSync: ElSyncPolicy | null;
  readonly recovery: RecoveryPolicy;
  /** The labels of the last run, as far as they are known. */
  readonly recalled: Labels | null;
}

interface FollowParts<E extends EngineReader> {
  readonly source: Source;
  /** Says head and labels in the place of the source, where there is one. */
  readonly consensus: ConsensusClient | null;
  /** Pushes the heads of the source, where it does. */
  readonly feed: HeadFeed | null;
  readonly engine: E;
  readonly hooks: FollowHooks;
  readonly orders: Orders;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly random: () => number;
}

/**
 * Observe, decide, act, until `stop` aborts (resolves null) or a person is needed (resolves the error to exit with).
 * After `stop` nothing new is sent; the engine drains the call that is still under way. Rejects only for a bug.
 */
export function follow(
  options: FollowOptions,
  parts: FollowParts<Engine>,
  stop: AbortSignal,
): Promise<LockstepError | null> {
  return run(options, parts, DRIVER, stop);
}

/** As `follow`, beside the consensus client that drives the EL: nothing is written to it. */
export function shadow(
  options: FollowOptions,
  parts: FollowParts<EngineReader>,
  stop: AbortSignal,
): Promise<LockstepError | null> {
  return run({ ...options, recovery: shadowPolicy(options.recovery) }, parts, shadowRole(), stop);
}

async function run<E extends EngineReader>(
  options: FollowOptions,
  parts: FollowParts<E>,
  role: Role<E>,
  stop: AbortSignal,
): Promise<LockstepError | null> {
  const ended = new AbortController();
  const running = AbortSignal.any([stop, ended.signal]);
  const wakeup = new Wakeup();
  parts.orders.listen(() => wakeup.notify());
  let shown: Seen<SourceView> = { kind: 'pending' };
  const watch = watchSource(options, parts, () => {
    // A turn for what is known already would ask the EL for nothing.
    if (!sameView(watch.view, shown)) wakeup.notify();
    shown = watch.view;
  });
  const watching = watch.run(running);
  const turning = turns({ options, parts, role, watch, wakeup }, running);
  try {
    // The watch ends first on a stop, while the turn may still drain its last call.
    return await Promise.race([turning, watching.then(() => turning)]);
  } finally {
    ended.abort();
    await Promise.allSettled([watching, turning]);
  }
}

function watchSource(options: FollowOptions, parts: FollowParts<EngineReader>, onNews: () => void): SourceWatch {
  const { source, consensus, feed, hooks, now, random } = parts;
  const { pollIntervalMs, safetyIntervalMs } = options;
  const { onLabels, onStatus, onHeadNews } = hooks;
  const watching = { pollIntervalMs, safetyIntervalMs, now, random, onNews, onLabels, onStatus, onHeadNews };
  return consensus === null
    ? new ExecutionWatch(withNewestHead(source), feed, watching)
    : new ConsensusWatch(consensus, watching);
}

interface Loop<E extends EngineReader> {
  readonly options: FollowOptions;
  readonly parts: FollowParts<E>;
  readonly role: Role<E>;
  readonly watch: SourceWatch;
  readonly wakeup: Wakeup;
}

async function turns<E extends EngineReader>(loop: Loop<E>, stop: AbortSignal): Promise<LockstepError | null> {
  const { parts, role, watch } = loop;
  let state = firstState(loop.options);
  let outcome: Outcome | null = null;
  const observer = new Observer(parts.engine, parts.now);
  const deps = actDeps(loop, observer, () => state);
  try {
    while (!stop.aborted) {
      const observation = await observer.observe(watch.view, outcome, state, stop);
      const before = parts.orders.applyTo(role.recall(state, parts.now()));
      const tick = { now: parts.now(), random: parts.random() };
      const decision = decide(before, observation, tick);
      state = decision.state;
      if (observation.engine.kind === 'seen') watch.demand.standsAt(observation.engine.value.heads.unsafe.number);
      const turn = { before, state, observation, action: decision.action };
      parts.hooks.onTurn(turn);
      parts.hooks.onDecided?.(turn, tick);
      if (decision.action.do === 'halt') return decision.action.error;
      watch.demand.extending(role.replaysTo(decision.action));
      outcome = await role.act(decision.action, deps, stop);
      parts.hooks.onOutcome(outcome);
    }
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code !== 'ABORTED' || !stop.aborted) throw error;
  }
  return null;
}

function firstState({ elSync: policy, recovery: recoveryPolicy, recalled }: FollowOptions): State {
  const elSync: ElSync | null = policy === null ? null : { policy, stage: 'idle' };
  return { ...INITIAL_STATE, elSync, recoveryPolicy, remembered: recalled ?? INITIAL_STATE.remembered };
}

function actDeps<E extends EngineReader>(
  { options, parts, watch, wakeup }: Loop<E>,
  observer: Observer,
  state: () => State,
): ActDeps<E> {
  return {
    source: new WatchedSource(parts.source, watch),
    consensus: parts.consensus,
    engine: parts.engine,
    expected: options.expected,
    limits: options.limits,
    window: new FetchWindow(options.limits.maxConcurrency),
    recoveryPolicy: options.recovery,
    payloads: new PlannedPayloads(options.limits.maxBytes),
    onPlanning: parts.hooks.onPlanning,
    onFetched: (ms, ahead) => parts.hooks.onFetched?.(ms, ahead),
    now: parts.now,
    sourceLabels: () => watch.labels,
    onApplied: (applied) => observer.applied(applied),
    isRefused: (hash) => parts.now() < (state().refused.get(hash) ?? 0),
    isOrdered: () => parts.orders.waiting,
    onBlock: (payload) => {
      watch.demand.standsAt(payload.ref.number);
      parts.hooks.onBlock(payload);
    },
    idle: (ms, signal) => wakeup.wait(ms, signal),
  };
}
