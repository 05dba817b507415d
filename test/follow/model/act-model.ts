import type { BlockRef } from '../../../src/chain/block.js';
import { forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import type { Action, ExtendAction, ExtendStop, Outcome } from '../../../src/follow/action.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { Hash } from '../../../src/util/hex.js';
import type { Hands } from './carry-out.js';
import { labelRefs } from './source-model.js';
import { engineRefAt, sourceRefAt } from './world.js';

/** Blocks per forkchoice of an extension that is far behind. */
export const BLOCKS_PER_FORKCHOICE = 3;

const READ_MS = 5;
const NEWS_MS = 10;

/** Carries out one action in a small world: what src/follow/act.ts does, without waiting and without bytes. */
export function actInModel(action: Exclude<Action, { do: 'halt' }>, hands: Hands): Outcome {
  switch (action.do) {
    case 'wait':
      hands.now += hands.fault(['news']) === 'news' ? Math.min(NEWS_MS, action.ms) : action.ms;
      return { of: 'wait' };
    case 'identify':
      return identify(hands);
    case 'compare':
      hands.now += action.ms;
      return compare(action.height, hands);
    case 'extend':
      return new ExtendModel(action, hands).run();
    case 'el-sync':
      return { of: 'el-sync', from: action.from, target: action.target, stop: aim(action, hands) };
    case 'forkchoice': {
      const needsSource = action.why === 'promote';
      return { of: 'forkchoice', ...hands.forkchoice(action.forkchoice, needsSource) };
    }
    case 'recover':
      return { of: 'recover', result: 'unsupported' };
  }
}

function identify(hands: Hands): Outcome {
  hands.now += READ_MS;
  const fault = hands.sourceFault(['engine-failed', 'source-failed', 'different']);
  if (!hands.engine.up || fault === 'engine-failed') {
    return { of: 'identify', result: 'engine-failed', error: new LockstepError('ENGINE_TIMEOUT') };
  }
  if (fault === 'different') {
    return { of: 'identify', result: 'different', error: new LockstepError('IDENTITY_CHAIN_ID') };
  }
  if (!hands.source.up || fault === 'source-failed') {
    return { of: 'identify', result: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') };
  }
  return { of: 'identify', result: 'same' };
}

function compare(height: number, hands: Hands): Outcome {
  const { tree } = hands.scenario;
  hands.now += READ_MS;
  const fault = hands.sourceFault(['failed', 'lagging replica']);
  if (!hands.source.up || fault === 'failed') {
    return { of: 'compare', height, error: new LockstepError('SOURCE_TIMEOUT') };
  }
  if (!hands.engine.up) return { of: 'compare', height, error: new LockstepError('ENGINE_UNREACHABLE') };
  const source = fault === 'lagging replica' ? null : sourceRefAt(tree, hands.source, height);
  return { of: 'compare', height, source, engine: engineRefAt(tree, hands.engine, height) };
}

/** src/follow/aim.ts in a small world. */
function aim(
  { from, target }: Extract<Action, { do: 'el-sync' }>,
  hands: Hands,
): Extract<Outcome, { of: 'el-sync' }>['stop'] {
  const { source, scenario } = hands;
  const fault = hands.sourceFault(['source-failed', 'absent', 'block-rejected']);
  if (!source.up || fault === 'source-failed')
    return { why: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') };
  if (fault === 'absent') return { why: 'absent', number: target.number, pruned: false };
  if (fault === 'block-rejected') {
    return { why: 'block-rejected', number: target.number, error: new LockstepError('BLOCK_HASH_MISMATCH') };
  }
  for (const { number, hash } of [from, target]) {
    const ref = sourceRefAt(scenario.tree, source, number);
    if (ref === null) return { why: 'absent', number, pruned: false };
    if (ref.hash !== hash) return { why: 'unlinked', number };
  }
  const answer = hands.payload(scenario.tree.indexOf(target));
  if (!isTaken(answer)) return { why: 'payload-answer', block: target, answer };
  const applied = hands.forkchoice(forkchoice(target, { safe: null, finalized: null }), true);
  if (isTaken(applied.answer)) return { why: 'aimed', peers: null };
  const effect = applied.effect === 'moved' ? 'head-only' : applied.effect;
  return { why: 'forkchoice-answer', block: target, answer: applied.answer, effect };
}

function isTaken({ status }: EngineAnswer): boolean {
  return status === 'VALID' || status === 'SYNCING' || status === 'ACCEPTED';
}

type Fetched = { readonly stop: ExtendStop } | { readonly stop: null; readonly block: BlockRef };

const FETCH_FAULTS = ['source-failed', 'absent', 'block-rejected', 'slice'] as const;

/** src/follow/extend.ts in a small world. */
class ExtendModel {
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
    this.#labels = action.trusted;
    for (const [number, ref] of action.known) if (ref !== null) this.#hashes.set(number, ref.hash);
    this.#hashes.set(action.from.number, action.from.hash);
  }

  run(): Outcome {
    const stop = this.#replay();
    const observeFirst =
      stop.why === 'forkchoice-answer' || (stop.why === 'payload-answer' && stop.answer.status === 'UNKNOWN');
    const refused = observeFirst || this.#valid.hash === this.#applied.hash ? null : this.#apply();
    return { of: 'extend', head: this.#applied, blocks: this.#blocks, stop: refused ?? stop };
  }

  #replay(): ExtendStop {
    const { to } = this.#action;
    let ahead = this.#fetch(this.#action.from);
    for (;;) {
      if (ahead.stop !== null) return ahead.stop;
      const { block } = ahead;
      const last = block.number >= to.number;
      if (!last) {
        ahead = this.#fetch(block);
        if (ahead.stop !== null && !this.#isOnSource(block)) return ahead.stop;
      }
      if (this.#isRefused(block)) return { why: 'known-refused', block };
      const answer = this.#hands.payload(this.#hands.scenario.tree.indexOf(block));
      if (answer.status !== 'VALID') return { why: 'payload-answer', block, answer };
      this.#valid = block;
      this.#hashes.set(block.number, block.hash);
      if (last || this.#forkchoiceIsDue()) {
        const refused = this.#apply();
        if (refused !== null) return refused;
      }
      if (last) return { why: 'reached' };
    }
  }

  /** Heights below the target are asked for by number, the target by its hash. */
  #fetch(parent: BlockRef): Fetched {
    const { to } = this.#action;
    const { source, scenario } = this.#hands;
    const number = parent.number + 1;
    const fault = this.#hands.sourceFault(FETCH_FAULTS);
    if (fault === 'slice') return { stop: { why: 'slice' } };
    if (!source.up || fault === 'source-failed') {
      return { stop: { why: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') } };
    }
    const block = number === to.number ? to : sourceRefAt(scenario.tree, source, number);
    if (block === null || fault === 'absent') return { stop: { why: 'absent', number, pruned: false } };
    if (fault === 'block-rejected') {
      return { stop: { why: 'block-rejected', number, error: new LockstepError('BLOCK_HASH_MISMATCH') } };
    }
    if (block.parentHash !== parent.hash) return { stop: { why: 'unlinked', number } };
    return { stop: null, block };
  }

  /** A block without a usable successor is confirmed by the source itself. */
  #isOnSource(block: BlockRef): boolean {
    const { source, scenario } = this.#hands;
    return source.up && sourceRefAt(scenario.tree, source, block.number)?.hash === block.hash;
  }

  #isRefused({ hash }: BlockRef): boolean {
    return this.#hands.now < (this.#hands.refused.get(hash) ?? 0);
  }

  #forkchoiceIsDue(): boolean {
    const since = this.#valid.number - this.#applied.number;
    return since >= (this.#action.everyBlock ? 1 : BLOCKS_PER_FORKCHOICE);
  }

  #apply(): ExtendStop | null {
    const head = this.#valid;
    const { promote, scenario, sourceLabels } = this.#hands;
    const wanted = labelRefs(scenario.tree, sourceLabels);
    const labels = promote(head, this.#labels, wanted, (number) => this.#hashes.get(number));
    const { effect, answer } = this.#hands.forkchoice(forkchoice(head, labels), true);
    if (effect !== 'moved' && effect !== 'head-only') return { why: 'forkchoice-answer', block: head, answer, effect };
    this.#blocks += head.number - this.#applied.number;
    this.#applied = head;
    if (effect === 'head-only') return { why: 'forkchoice-answer', block: head, answer, effect };
    this.#labels = labels;
    return null;
  }
}
