import type { BlockRef } from '../chain/block.js';
import type { EngineReader } from '../engine/engine.js';
import { ladder } from '../recovery/ladder.js';
import type { Plan } from '../recovery/plan.js';
import { beginSearch, foundAt, heightsToAsk, told, type Search } from '../recovery/search.js';
import { asLockstepError } from '../util/errors.js';
import { askAgain } from './ask-again.js';
import type { ExtendStop, PlanAction, PlanResult } from './action.js';
import { FetchAhead, type FetchDeps } from './fetch-ahead.js';
import type { PlannedPayloads } from './planned-payloads.js';
import { prepare } from './prepare.js';
import type { RecoveryPolicy } from './recovery-state.js';

export interface PlanDeps extends FetchDeps {
  readonly engine: EngineReader;
  readonly recoveryPolicy: RecoveryPolicy;
  /** Keeps the verified blocks of the plan until they are sent. */
  readonly payloads: PlannedPayloads;
  /** A height was looked at, or a block was verified: a sign of life of a long search. */
  readonly onPlanning: (what: 'height' | 'block', number: number) => void;
}

/** How far above the EL's head a plan reaches where the source goes on: the EL ends up no lower than it stood. */
const BLOCKS_ABOVE_HEAD = 32;

/** From this round trip on several heights are asked for at a time. */
const FAR_SOURCE_MS = 100;
const HEIGHTS_OF_FAR_SOURCE = 3;

/**
 * Finds the common ancestor and fetches, verifies and links the source's blocks above it. Nothing is written. A change of
 * branch at the source while this goes on breaks a link somewhere, and then there is no plan.
 */
export async function makePlan(action: PlanAction, deps: PlanDeps, stop: AbortSignal): Promise<PlanResult> {
  try {
    return await new Planner(action, deps, stop).run();
  } catch (thrown) {
    if (thrown instanceof Stopped) return thrown.result;
    const error = asLockstepError(thrown);
    if (error.code.startsWith('ENGINE_')) return { kind: 'engine-failed', error };
    if (error.code.startsWith('SOURCE_')) return { kind: 'stopped', stop: { why: 'source-failed', error } };
    throw error;
  }
}

/** Ends the search with what it came to. */
class Stopped extends Error {
  constructor(readonly result: PlanResult) {
    super(result.kind);
  }
}

class Planner {
  readonly #action: PlanAction;
  readonly #deps: PlanDeps;
  readonly #signal: AbortSignal;
  #roundTripMs = 0;

  constructor(action: PlanAction, deps: PlanDeps, signal: AbortSignal) {
    this.#action = action;
    this.#deps = deps;
    this.#signal = signal;
  }

  async run(): Promise<PlanResult> {
    const { id, engineHead, floor, maySync, pausedUntil } = this.#action;
    const { engine, recoveryPolicy } = this.#deps;
    const search = await this.#begin();
    if (pausedUntil !== null) return { kind: 'pausing', until: pausedUntil };
    const ancestor = await this.#ancestor(search);
    const replaced = await this.#engineAt(ancestor.number + 1);
    const blocks = await this.#link(ancestor, await this.#target(ancestor));
    // One of the sides has changed meanwhile, and there they agree now.
    if (blocks[0]?.hash === replaced.hash) throw this.#unlinked(replaced.number);
    this.#requireFence(blocks);
    const plan: Plan = { id, ancestor, blocks, engineHead, replaced };
    const canSetHead = recoveryPolicy.reset !== 'none' && (await engine.canSetHead(this.#signal));
    const canSync = maySync && ((await engine.peerCount(this.#signal)) ?? 0) > 0;
    const { maxResetDepth, maxSiblingDepth, rewindAdvice } = engine.profile;
    const footing = { maxResetDepth, maxSiblingDepth, canSetHead, canSync };
    const rungs = ladder(plan, floor?.number ?? 0, footing, recoveryPolicy);
    return { kind: 'planned', plan, rungs, advice: rewindAdvice };
  }

  /** An EL that lost what was final is led over that very block, or not at all (reliability I1). */
  #requireFence(blocks: readonly BlockRef[]): void {
    const { fence } = this.#action;
    const source = blocks.find(({ number }) => number === fence?.number);
    if (fence === null || source === undefined || source.hash === fence.hash) return;
    throw new Stopped({ kind: 'finalized-differs', source, engine: fence });
  }

  /** The search goes down to the finalized block of the EL, which the source has to confirm, and no deeper than allowed. */
  async #begin(): Promise<Search> {
    const { floor, divergence, engineHead, maxDepth } = this.#action;
    const differs = divergence.source.number;
    if (floor !== null) {
      const source = await this.#sourceAt(floor.number);
      if (source.hash !== floor.hash) throw new Stopped({ kind: 'finalized-differs', source, engine: floor });
    }
    const bottom = floor?.number ?? 0;
    const limit = engineHead.number - maxDepth;
    if (limit <= bottom) return beginSearch(bottom, differs);
    if (limit >= differs || !(await this.#agrees(limit))) throw new Stopped({ kind: 'too-deep', maxDepth });
    return beginSearch(limit, differs);
  }

  async #ancestor(search: Search): Promise<BlockRef> {
    const found = foundAt(search);
    if (found !== null) return this.#engineAt(found);
    const heights = heightsToAsk(search, this.#roundTripMs > FAR_SOURCE_MS ? HEIGHTS_OF_FAR_SOURCE : 1);
    const agrees = await Promise.all(heights.map(async (height) => [height, await this.#agrees(height)] as const));
    const next = told(search, new Map(agrees));
    if (next === null) throw this.#unlinked(Math.max(...heights));
    return this.#ancestor(next);
  }

  async #agrees(height: number): Promise<boolean> {
    const began = this.#deps.now();
    const [source, engine] = await Promise.all([this.#sourceAt(height), this.#engineAt(height)]);
    this.#roundTripMs = this.#deps.now() - began;
    this.#deps.onPlanning('height', height);
    return source.hash === engine.hash;
  }

  /** The source's head, or a block not far above the EL's: what is above that is followed as always. */
  async #target(ancestor: BlockRef): Promise<BlockRef> {
    const { target, engineHead } = this.#action;
    if (target.number <= ancestor.number) return ancestor;
    const enough = engineHead.number + BLOCKS_ABOVE_HEAD;
    return target.number <= enough ? target : this.#sourceAt(enough);
  }

  /** Every block from the ancestor to the target, verified and linked. */
  async #link(ancestor: BlockRef, target: BlockRef): Promise<readonly BlockRef[]> {
    const { source, payloads } = this.#deps;
    payloads.renew();
    const refs: BlockRef[] = [];
    if (target.number === ancestor.number) return refs;
    const fetching = new AbortController();
    const signal = AbortSignal.any([this.#signal, fetching.signal]);
    const blocks = new FetchAhead(this.#deps, { first: ancestor.number + 1, target }, signal);
    try {
      for (let parent = ancestor; parent.number < target.number;) {
        const prepared = await prepare(blocks, parent, target, source, signal);
        if (prepared.kind === 'stop') throw new Stopped({ kind: 'stopped', stop: prepared.stop });
        parent = prepared.payload.ref;
        refs.push(parent);
        payloads.keep(prepared.payload);
        // What is kept of a plan has a limit of its own.
        blocks.executed(parent.number);
        this.#deps.onPlanning('block', parent.number);
      }
      return refs;
    } finally {
      fetching.abort();
    }
  }

  async #sourceAt(number: number): Promise<BlockRef> {
    const found = await askAgain(() => this.#deps.source.refAt({ number }, this.#signal));
    if (found.kind === 'found') return found.value;
    const stop: ExtendStop = { why: 'absent', number, pruned: found.kind === 'pruned' };
    throw new Stopped({ kind: 'stopped', stop });
  }

  /** An EL that has no block below its own head anymore has moved: the next look starts again. */
  async #engineAt(number: number): Promise<BlockRef> {
    const ref = await this.#deps.engine.refAt(number, this.#signal);
    if (ref === null) throw this.#unlinked(number);
    return ref;
  }

  #unlinked(number: number): Stopped {
    return new Stopped({ kind: 'stopped', stop: { why: 'unlinked', number } });
  }
}
