import type { BlockRef } from '../../../src/chain/block.js';
import type { ExtendStop, PlanAction, PlanResult } from '../../../src/follow/action.js';
import { ladder } from '../../../src/recovery/ladder.js';
import type { Plan } from '../../../src/recovery/plan.js';
import { beginSearch, foundAt, heightsToAsk, told, type Search } from '../../../src/recovery/search.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { Hands } from './carry-out.js';

/** As in src/follow/make-plan.ts. No small world has so many blocks. */
const BLOCKS_ABOVE_HEAD = 32;

const READ_MS = 5;

class Stopped extends Error {
  constructor(readonly result: PlanResult) {
    super(result.kind);
  }
}

/** src/follow/make-plan.ts in a small world. */
export function planInModel(action: PlanAction, hands: Hands): PlanResult {
  try {
    return new PlannerModel(action, hands).run();
  } catch (thrown) {
    if (thrown instanceof Stopped) return thrown.result;
    if (thrown instanceof LockstepError && thrown.code.startsWith('ENGINE_'))
      return { kind: 'engine-failed', error: thrown };
    throw thrown;
  }
}

class PlannerModel {
  readonly #action: PlanAction;
  readonly #hands: Hands;

  constructor(action: PlanAction, hands: Hands) {
    this.#action = action;
    this.#hands = hands;
  }

  run(): PlanResult {
    const { id, engineHead, floor, maySync, pausedUntil } = this.#action;
    const { scenario } = this.#hands;
    this.#hands.now += READ_MS;
    const search = this.#begin();
    if (pausedUntil !== null) return { kind: 'pausing', until: pausedUntil };
    const ancestor = this.#ancestor(search);
    const replaced = this.#engineAt(ancestor.number + 1);
    const blocks = this.#link(ancestor, this.#target(ancestor));
    if (blocks[0]?.hash === replaced.hash) throw stopped({ why: 'unlinked', number: replaced.number });
    this.#requireFence(blocks);
    const plan: Plan = { id, ancestor, blocks, engineHead, replaced };
    const { maxResetDepth, maxSiblingDepth, rewindAdvice } = scenario.habits;
    const canSetHead = scenario.policy.reset !== 'none' && this.#hands.canSetHead();
    const footing = {
      maxResetDepth,
      maxSiblingDepth,
      canSetHead,
      canSync: maySync && (this.#hands.engine.peerBlocks ?? 0) > 0,
    };
    const rungs = ladder(plan, floor?.number ?? 0, footing, scenario.policy);
    return { kind: 'planned', plan, rungs, advice: rewindAdvice };
  }

  #requireFence(blocks: readonly BlockRef[]): void {
    const { fence } = this.#action;
    const source = blocks.find(({ number }) => number === fence?.number);
    if (fence === null || source === undefined || source.hash === fence.hash) return;
    throw new Stopped({ kind: 'finalized-differs', source, engine: fence });
  }

  #begin(): Search {
    const { floor, divergence, engineHead, maxDepth } = this.#action;
    const differs = divergence.source.number;
    if (floor !== null) {
      const source = this.#sourceAt(floor.number);
      if (source.hash !== floor.hash) throw new Stopped({ kind: 'finalized-differs', source, engine: floor });
    }
    const bottom = floor?.number ?? 0;
    const limit = engineHead.number - maxDepth;
    if (limit <= bottom) return beginSearch(bottom, differs);
    if (limit >= differs || !this.#agrees(limit)) throw new Stopped({ kind: 'too-deep', maxDepth });
    return beginSearch(limit, differs);
  }

  #ancestor(search: Search): BlockRef {
    const found = foundAt(search);
    if (found !== null) return this.#engineAt(found);
    const heights = heightsToAsk(search, 1);
    const next = told(search, new Map(heights.map((height) => [height, this.#agrees(height)])));
    if (next === null) throw stopped({ why: 'unlinked', number: Math.max(...heights) });
    return this.#ancestor(next);
  }

  #agrees(height: number): boolean {
    return this.#sourceAt(height).hash === this.#engineAt(height).hash;
  }

  #target(ancestor: BlockRef): BlockRef {
    const { target, engineHead } = this.#action;
    if (target.number <= ancestor.number) return ancestor;
    const enough = engineHead.number + BLOCKS_ABOVE_HEAD;
    return target.number <= enough ? target : this.#sourceAt(enough);
  }

  #link(ancestor: BlockRef, target: BlockRef): readonly BlockRef[] {
    const refs: BlockRef[] = [];
    for (let parent = ancestor; parent.number < target.number;) {
      const number = parent.number + 1;
      const fault = this.#hands.sourceFault(['block-rejected']);
      if (fault === 'block-rejected') {
        throw stopped({ why: 'block-rejected', number, error: new LockstepError('BLOCK_HASH_MISMATCH') });
      }
      const block = number === target.number ? this.#byHash(target) : this.#sourceAt(number);
      if (block.parentHash !== parent.hash) throw stopped({ why: 'unlinked', number });
      refs.push(block);
      parent = block;
    }
    return refs;
  }

  /** A block that was given up is still served by its hash. */
  #byHash(block: BlockRef): BlockRef {
    this.#requireSource();
    return block;
  }

  #sourceAt(number: number): BlockRef {
    this.#requireSource();
    const ref = this.#hands.sourceAt(number);
    if (ref === null) throw stopped({ why: 'absent', number, pruned: false });
    return ref;
  }

  #requireSource(): void {
    const { source } = this.#hands;
    if (source.up && this.#hands.sourceFault(['source-failed']) === 'none') return;
    throw stopped({ why: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') });
  }

  #engineAt(number: number): BlockRef {
    const ref = this.#hands.engineAt(number);
    if (ref === null) throw stopped({ why: 'unlinked', number });
    return ref;
  }
}

function stopped(stop: ExtendStop): Stopped {
  return new Stopped({ kind: 'stopped', stop });
}
