import type { BlockRef } from '../../../src/chain/block.js';
import { forkchoice, type Forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineAnswer } from '../../../src/engine/engine.js';
import type {
  ClimbAction,
  ClimbCall,
  Climbed,
  ClimbStop,
  ExtendStop,
  Ground,
  Outcome,
  UnmapAction,
} from '../../../src/follow/action.js';
import { labelsUpTo, restored } from '../../../src/follow/labels.js';
import { LockstepError } from '../../../src/util/errors.js';
import type { Hash } from '../../../src/util/hex.js';
import type { Hands } from './carry-out.js';
import { labelRefs } from './source-model.js';

class Ended extends Error {
  constructor(readonly stop: ClimbStop) {
    super(stop.why);
  }
}

const FETCH_FAULTS = ['source-failed', 'absent', 'block-rejected'] as const;

type ClimbedModel = Pick<Extract<Outcome, { of: 'climb' }>, 'stop' | 'moved' | 'spoiledAbove'>;

/** src/follow/climb.ts in a small world. */
export function climbInModel({ rung, plan, ground, primed }: ClimbAction, hands: Hands): ClimbedModel {
  const climber = new ClimberModel(plan.engineHead, plan.ancestor.number, ground, hands);
  const stop = orEnded(() => {
    switch (rung) {
      case 'sibling': {
        const next = plan.blocks[0]!;
        climber.fetch(next);
        climber.insert(next);
        climber.stand(next);
        break;
      }
      case 'forkchoice':
        if (!primed) climber.step(plan.engineHead);
        climber.stepDown(plan.engineHead, plan.ancestor);
        break;
      case 'copied-sibling':
        climber.copiedSibling(plan.ancestor);
        break;
      case 'set-head':
        climber.setHead(plan.ancestor);
        break;
    }
    climber.forget();
  });
  return { stop, moved: climber.at.hash !== plan.engineHead.hash, spoiledAbove: climber.spoiledAbove };
}

export function unmapInModel({ from, fence, ground }: UnmapAction, hands: Hands): Climbed {
  const climber = new ClimberModel(from, from.number, ground, hands);
  const stop = orEnded(() => {
    const next = climber.next(from);
    const isBeside = fence?.number === next.number && fence.hash !== next.hash;
    if (isBeside) throw notSent({ why: 'unlinked', number: next.number });
    climber.insert(next);
    climber.copiedSibling(next);
  });
  return { stop, spoiledAbove: climber.spoiledAbove };
}

function orEnded(rung: () => void): ClimbStop {
  try {
    rung();
    return { why: 'climbed' };
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.stop;
    if (thrown instanceof LockstepError && thrown.code.startsWith('ENGINE_')) return { why: 'unread', error: thrown };
    throw thrown;
  }
}

class ClimberModel {
  #at: BlockRef;
  #spoiledAbove: number | null = null;
  readonly #shared: number;
  readonly #ground: Ground;
  readonly #hands: Hands;

  constructor(at: BlockRef, shared: number, ground: Ground, hands: Hands) {
    this.#at = at;
    this.#shared = shared;
    this.#ground = ground;
    this.#hands = hands;
  }

  get at(): BlockRef {
    return this.#at;
  }

  get spoiledAbove(): number | null {
    return this.#spoiledAbove;
  }

  /** By its hash, also where it was given up meanwhile. */
  fetch({ number }: BlockRef): void {
    const fault = this.#hands.sourceFault(FETCH_FAULTS);
    if (!this.#hands.source.up || fault === 'source-failed') {
      throw notSent({ why: 'source-failed', error: new LockstepError('SOURCE_TIMEOUT') });
    }
    if (fault === 'absent') throw notSent({ why: 'absent', number, pruned: false });
    if (fault === 'block-rejected') {
      throw notSent({ why: 'block-rejected', number, error: new LockstepError('BLOCK_HASH_MISMATCH') });
    }
  }

  /** The source's block above one of the EL. */
  next(from: BlockRef): BlockRef {
    const number = from.number + 1;
    this.fetch({ ...from, number });
    const block = this.#hands.sourceAt(number);
    if (block === null) throw notSent({ why: 'absent', number, pruned: false });
    if (block.parentHash !== from.hash) throw notSent({ why: 'unlinked', number });
    return block;
  }

  stepDown(from: BlockRef, ancestor: BlockRef): void {
    const { scenario } = this.#hands;
    for (let at = from.number; at > ancestor.number;) {
      at = Math.max(ancestor.number, at - scenario.habits.maxResetDepth);
      if (at === ancestor.number) {
        this.stand(ancestor);
        continue;
      }
      const step = this.#hands.engineAt(at);
      if (step === null) throw notSent({ why: 'unlinked', number: at });
      this.step(step);
    }
  }

  step(head: BlockRef): void {
    this.#apply(forkchoice(head, labelsUpTo(this.#shared, this.#ground.trusted)));
  }

  copiedSibling(block: BlockRef): void {
    const { tree } = this.#hands.scenario;
    this.fetch(block);
    const copy = tree.copy(tree.indexOf(block));
    this.#requireUnrefused(tree.ref(copy));
    if (this.#hands.scenario.habits.copySpoils) this.#spoiledAbove = block.number;
    const answer = this.#hands.payload(copy);
    if (answer.status === 'INVALID') throw new Ended({ why: 'copy-refused', copy: tree.ref(copy), answer });
    if (answer.status !== 'VALID') throw answered('copied payload', answer, null);
    const below = Math.min(this.#shared, block.number - 1);
    this.#apply(forkchoice(tree.ref(copy), labelsUpTo(below, this.#ground.trusted)));
    this.forget();
    this.stand(block);
  }

  forget(): void {
    if (this.#hands.scenario.habits.forgetsLate) this.#hands.forgets();
  }

  setHead(ancestor: BlockRef): void {
    const { number, hash } = ancestor;
    if (this.#hands.engineAt(number)?.hash !== hash) throw notSent({ why: 'unlinked', number });
    const answer = this.#hands.setHead(this.#hands.scenario.tree.indexOf(ancestor));
    if (answer.status !== 'VALID') throw answered('debug_setHead', answer, null);
    this.#at = ancestor;
    this.stand(ancestor);
  }

  insert(block: BlockRef): void {
    this.#requireUnrefused(block);
    const answer = this.#hands.payload(this.#hands.scenario.tree.indexOf(block));
    if (answer.status === 'INVALID') throw new Ended({ why: 'refused', block, answer });
    if (answer.status !== 'VALID') throw answered('payload', answer, null);
  }

  stand(head: BlockRef): void {
    const { promote, scenario, sourceLabels } = this.#hands;
    const shared = Math.min(this.#shared, head.number);
    const { trusted, awaited, known } = this.#ground;
    const hashAt = (number: number): Hash | undefined =>
      number === head.number ? head.hash : number <= shared ? known.get(number)?.hash : undefined;
    const wanted = labelRefs(scenario.tree, sourceLabels);
    const before = restored(head, labelsUpTo(shared, trusted), awaited, hashAt, promote);
    this.#apply(forkchoice(head, promote(head, before, wanted, hashAt)));
  }

  #requireUnrefused(block: BlockRef): void {
    if (this.#hands.isRefused(block)) throw notSent({ why: 'known-refused', block });
  }

  #apply(fc: Forkchoice): void {
    const { answer, effect } = this.#hands.forkchoice(fc, true);
    const stands = effect === 'moved' || effect === 'head-only';
    const isOver = answer.status !== 'UNKNOWN' || fc.head.hash !== this.#at.hash;
    if (!stands || !isOver) throw answered('forkchoice', answer, effect);
    this.#at = fc.head;
  }
}

function answered(to: ClimbCall, answer: EngineAnswer, effect: string | null): Ended {
  return new Ended({ why: 'answered', to, answer, effect });
}

function notSent(stop: ExtendStop): Ended {
  return new Ended({ why: 'not-sent', stop });
}
