import type { BlockRef } from '../../../src/chain/block.js';
import { forkchoice } from '../../../src/chain/forkchoice.js';
import type { ExtendAction, ExtendStop, Outcome } from '../../../src/follow/action.js';
import { LockstepError } from '../../../src/util/errors.js';
import { restored } from '../../../src/follow/labels.js';
import type { Hash } from '../../../src/util/hex.js';
import type { Hands } from './carry-out.js';
import { labelRefs } from './source-model.js';

/** Blocks per forkchoice of an extension that is far behind. */
export const BLOCKS_PER_FORKCHOICE = 3;

type Fetched = { readonly stop: ExtendStop } | { readonly stop: null; readonly block: BlockRef };

const FETCH_FAULTS = ['source-failed', 'absent', 'block-rejected', 'slice'] as const;

/** src/follow/extend.ts in a small world. */
export class ExtendModel {
  readonly #action: ExtendAction;
  readonly #hands: Hands;
  readonly #hashes = new Map<number, Hash>();
  #valid: BlockRef;
  #applied: BlockRef;
  #labels;
  #blocks = 0;

  constructor(action: ExtendAction, hands: Hands) {
    this.#action = action;
    this.#hands = hands;
    this.#valid = action.from;
    this.#applied = action.from;
    this.#labels = action.ground.trusted;
    for (const [number, ref] of action.ground.known) if (ref !== null) this.#hashes.set(number, ref.hash);
    this.#hashes.set(action.from.number, action.from.hash);
  }

  run(): Outcome {
    const stop = this.#replay();
    const refused = 'answer' in stop || this.#valid.hash === this.#applied.hash ? null : this.#apply();
    return { of: 'extend', head: this.#applied, blocks: this.#blocks, stop: refused ?? stop };
  }

  #replay(): ExtendStop {
    const { to, plan, batches } = this.#action;
    let ahead = this.#fetch(this.#action.from);
    let ready: BlockRef[] = [];
    for (;;) {
      if (ahead.stop !== null) return this.#send(ready) ?? ahead.stop;
      const { block } = ahead;
      const last = block.number >= to.number;
      if (!last && plan === null) {
        ahead = this.#fetch(block);
        if (ahead.stop !== null && !this.#isOnSource(block)) return this.#send(ready) ?? ahead.stop;
      }
      if (this.#hands.isRefused(block)) return this.#send(ready) ?? { why: 'known-refused', block };
      ready.push(block);
      const isDue = last || this.#isDueAfter(block);
      if (isDue || !batches) {
        const refused = this.#send(ready) ?? (isDue ? this.#apply() : null);
        if (refused !== null) return refused;
        ready = [];
      }
      if (last) return { why: 'reached' };
      if (plan !== null) ahead = this.#fetch(block);
    }
  }

  /** Null: all of them are VALID. */
  #send(blocks: readonly BlockRef[]): ExtendStop | null {
    const [first, ...others] = blocks;
    if (first === undefined) return null;
    const { tree } = this.#hands.scenario;
    const isBatch = others.length > 0;
    const answers = isBatch
      ? this.#hands.payloads([tree.indexOf(first), ...others.map((block) => tree.indexOf(block))])
      : [this.#hands.payload(tree.indexOf(first))];
    for (const [index, block] of blocks.entries()) {
      const answer = answers[index]!;
      if (answer.status !== 'VALID') {
        const last = blocks.at(-1)!;
        return isBatch ? { why: 'batch-answer', block, answer, first, last } : { why: 'payload-answer', block, answer };
      }
      this.#valid = block;
      this.#hashes.set(block.number, block.hash);
    }
    return null;
  }

  /** Of a plan every block is asked for by its hash. Without one, by number, but for the target. */
  #fetch(parent: BlockRef): Fetched {
    const { to, plan } = this.#action;
    const number = parent.number + 1;
    const fault = this.#hands.sourceFault(FETCH_FAULTS);
    if (fault === 'slice') return { stop: { why: 'slice' } };
    if (!this.#hands.source.up || fault === 'source-failed') {
      return { stop: { why: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') } };
    }
    const planned = plan?.blocks[parent.number - plan.ancestor.number] ?? null;
    const block = planned ?? (number === to.number ? to : this.#hands.sourceAt(number));
    if (block === null || fault === 'absent') return { stop: { why: 'absent', number, pruned: false } };
    if (fault === 'block-rejected') {
      return { stop: { why: 'block-rejected', number, error: new LockstepError('BLOCK_HASH_MISMATCH') } };
    }
    if (block.parentHash !== parent.hash) return { stop: { why: 'unlinked', number } };
    return { stop: null, block };
  }

  /** A block without a usable successor is confirmed by the source itself. */
  #isOnSource(block: BlockRef): boolean {
    return this.#hands.source.up && this.#hands.sourceAt(block.number)?.hash === block.hash;
  }

  #isDueAfter(block: BlockRef): boolean {
    return block.number - this.#applied.number >= (this.#action.everyBlock ? 1 : BLOCKS_PER_FORKCHOICE);
  }

  #apply(): ExtendStop | null {
    const head = this.#valid;
    const { promote, scenario, sourceLabels } = this.#hands;
    const wanted = labelRefs(scenario.tree, sourceLabels);
    const hashAt = (number: number): Hash | undefined => this.#hashes.get(number);
    const before = restored(head, this.#labels, this.#action.ground.awaited, hashAt, promote);
    const labels = promote(head, before, wanted, hashAt);
    const { effect, answer } = this.#hands.forkchoice(forkchoice(head, labels), true);
    if (effect === 'moved' || effect === 'head-only') {
      this.#blocks += head.number - this.#applied.number;
      this.#applied = head;
    }
    const isOpen = this.#action.doubtful && answer.status === 'UNKNOWN';
    if (effect !== 'moved' || isOpen) return { why: 'forkchoice-answer', block: head, answer, effect };
    this.#labels = labels;
    return null;
  }
}
