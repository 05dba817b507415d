import type { BlockRef, Labels } from '../chain/block.js';
import { forkchoice, type Forkchoice } from '../chain/forkchoice.js';
import type { AppliedForkchoice, Engine, EngineAnswer } from '../engine/engine.js';
import type { Payload } from '../payload/payload.js';
import type { Source } from '../source/source.js';
import { asLockstepError } from '../util/errors.js';
import type { Hash } from '../util/hex.js';
import type { ClimbAction, ClimbCall, Climbed, ClimbStop, ExtendStop, Ground, UnmapAction } from './action.js';
import { labelsUpTo, promote, restored } from './labels.js';
import type { PlannedPayloads } from './planned-payloads.js';
import { prepareCopied, prepareFar, prepareLinked, type Prepared } from './prepare.js';

export interface ClimbDeps {
  readonly source: Source;
  readonly engine: Engine;
  /** Sends a forkchoice and reads it back. */
  readonly apply: (fc: Forkchoice) => Promise<AppliedForkchoice>;
  readonly sourceLabels: () => Labels | null;
  readonly isRefused: (hash: Hash) => boolean;
  readonly payloads: PlannedPayloads;
  readonly onBlock: (payload: Payload) => void;
}

/** Ends a rung early, with what it came to. */
class Ended extends Error {
  constructor(readonly stop: ClimbStop) {
    super(stop.why);
  }
}

/**
 * Brings the EL onto the plan by one rung of the ladder (engines-measured 1.2). Every forkchoice is read back; whatever the
 * rung came to, the next look at the EL shows where it stands. `signal` ends it before the next call.
 */
export async function climb(
  action: ClimbAction,
  deps: ClimbDeps,
  signal: AbortSignal,
): Promise<Climbed & { readonly moved: boolean }> {
  const { plan, primed } = action;
  const climber = new Climber(plan.engineHead, plan.ancestor.number, action.ground, deps, signal);
  const stop = await orEnded(async () => {
    switch (action.rung) {
      case 'sibling':
        await climber.sibling(plan.blocks);
        break;
      case 'forkchoice':
        if (!primed) await climber.step(plan.engineHead);
        await climber.stepDown(plan.engineHead, plan.ancestor);
        break;
      case 'copied-sibling':
        await climber.copiedSibling(plan.ancestor);
        break;
      case 'set-head':
        await climber.setHead(plan.ancestor);
        break;
    }
    // The source may flip back.
    await climber.forget(plan.replaced);
  });
  return { stop, moved: climber.at.hash !== plan.engineHead.hash, spoiledAbove: climber.spoiledAbove };
}

/**
 * Frees the EL of old blocks that it maps above its head and cannot make its head (engines-measured 1.3): a copied sibling of
 * the next block becomes the head, which deletes the mappings, and then that block itself.
 */
export async function unmap(
  { from, fence, ground }: UnmapAction,
  deps: ClimbDeps,
  signal: AbortSignal,
): Promise<Climbed> {
  const climber = new Climber(from, from.number, ground, deps, signal);
  const stop = await orEnded(async () => {
    const next = await climber.prepared(prepareLinked(from, deps.source, signal));
    // The source may have gone to another branch since it was asked for what was final here (reliability I1).
    if (isBeside(fence, next.ref)) throw notSent({ why: 'unlinked', number: next.ref.number });
    await climber.insert(next);
    await climber.copiedSibling(next.ref);
  });
  return { stop, spoiledAbove: climber.spoiledAbove };
}

/** At the height of what was final, and another block. */
function isBeside(fence: BlockRef | null, { number, hash }: BlockRef): boolean {
  return fence !== null && fence.number === number && fence.hash !== hash;
}

async function orEnded(rung: () => Promise<void>): Promise<ClimbStop> {
  try {
    await rung();
    return { why: 'climbed' };
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.stop;
    const error = asLockstepError(thrown);
    if (error.code.startsWith('ENGINE_')) return { why: 'unread', error };
    throw error;
  }
}

class Climber {
  /** Where the EL was shown to stand. */
  #at: BlockRef;
  #spoiledAbove: number | null = null;
  /** Up to this height the EL's chain is the source's. */
  readonly #shared: number;
  readonly #ground: Ground;
  readonly #deps: ClimbDeps;
  readonly #signal: AbortSignal;

  constructor(at: BlockRef, shared: number, ground: Ground, deps: ClimbDeps, signal: AbortSignal) {
    this.#at = at;
    this.#shared = shared;
    this.#ground = ground;
    this.#deps = deps;
    this.#signal = signal;
  }

  get at(): BlockRef {
    return this.#at;
  }

  get spoiledAbove(): number | null {
    return this.#spoiledAbove;
  }

  async sibling([next]: readonly BlockRef[]): Promise<void> {
    if (next === undefined) throw new RangeError('a plan without blocks has no sibling to insert');
    const { payloads, source } = this.#deps;
    const payload = payloads.get(next.hash) ?? (await this.prepared(prepareFar(next, source, this.#signal)));
    await this.insert(payload);
    await this.stand(payload.ref);
  }

  /** Names the ancestor, in steps where the EL takes only so many blocks at a time. */
  async stepDown(from: BlockRef, ancestor: BlockRef): Promise<void> {
    const { engine } = this.#deps;
    for (let at = from.number; at > ancestor.number;) {
      at = Math.max(ancestor.number, at - engine.profile.maxResetDepth);
      const step = at === ancestor.number ? ancestor : await engine.refAt(at, this.#signal);
      if (step === null) throw notSent({ why: 'unlinked', number: at });
      await (step === ancestor ? this.stand(step) : this.step(step));
    }
  }

  /** A block of the EL's own branch, on the way down. */
  async step(head: BlockRef): Promise<void> {
    await this.#apply(forkchoice(head, labelsUpTo(this.#shared, this.#ground.trusted)));
  }

  async copiedSibling(block: BlockRef): Promise<void> {
    const copy = await this.prepared(prepareCopied(block, this.#deps.source, this.#signal));
    this.#requireUnrefused(copy.ref);
    this.#goesOn();
    if (this.#deps.engine.profile.copySpoils) this.#spoiledAbove = block.number;
    await this.#send('copied payload', (signal) => this.#deps.engine.newPayload(copy, signal), copy.ref);
    const below = Math.min(this.#shared, block.number - 1);
    await this.#apply(forkchoice(copy.ref, labelsUpTo(below, this.#ground.trusted)));
    await this.forget(block);
    await this.stand(block);
  }

  /** An EL of this kind calls a removed block VALID for a while, and moves to it late or crashes (engines-measured 1.6). */
  async forget({ hash }: BlockRef): Promise<void> {
    const { engine } = this.#deps;
    if (engine.profile.forgetsLate) await engine.forgets(hash, this.#signal);
  }

  /** Labels are gone or wrong afterwards, and have to be sent again (engines-measured 1.2 d). */
  async setHead(ancestor: BlockRef): Promise<void> {
    const { engine } = this.#deps;
    // It takes a height, so what stands there is looked at last of all.
    const own = await engine.refAt(ancestor.number, this.#signal);
    if (own?.hash !== ancestor.hash) throw notSent({ why: 'unlinked', number: ancestor.number });
    await this.#send('debug_setHead', (signal) => engine.setHead(ancestor, signal));
    this.#at = ancestor;
    await this.stand(ancestor);
  }

  /** The source's own block: what the EL says against it counts against the block. */
  async insert(payload: Payload): Promise<void> {
    const { engine, onBlock } = this.#deps;
    this.#requireUnrefused(payload.ref);
    this.#goesOn();
    const answer = await engine.newPayload(payload, this.#signal);
    if (answer.status === 'INVALID') throw new Ended({ why: 'refused', block: payload.ref, answer });
    if (answer.status !== 'VALID') throw answered('payload', answer, null);
    onBlock(payload);
  }

  /** Makes a block of the source the head, with the labels that hold there. */
  async stand(head: BlockRef): Promise<void> {
    const shared = Math.min(this.#shared, head.number);
    const { trusted, awaited, known } = this.#ground;
    const hashAt = (number: number): Hash | undefined =>
      number === head.number ? head.hash : number <= shared ? known.get(number)?.hash : undefined;
    const before = restored(head, labelsUpTo(shared, trusted), awaited, hashAt);
    const labels = promote(head, before, this.#deps.sourceLabels(), hashAt);
    await this.#apply(forkchoice(head, labels));
  }

  async prepared(preparing: Promise<Prepared>): Promise<Payload> {
    const prepared = await preparing;
    if (prepared.kind === 'stop') throw notSent(prepared.stop);
    return prepared.payload;
  }

  async #apply(fc: Forkchoice): Promise<void> {
    this.#goesOn();
    const { answer, effect } = await this.#deps.apply(fc);
    const stands = effect === 'moved' || effect === 'head-only';
    // A new head is proof that the call was carried out, whatever became of its answer. The same head is none.
    const isOver = answer.status !== 'UNKNOWN' || fc.head.hash !== this.#at.hash;
    if (!stands || !isOver) throw answered('forkchoice', answer, effect);
    this.#at = fc.head;
  }

  async #send(
    to: ClimbCall,
    call: (signal: AbortSignal) => Promise<EngineAnswer>,
    copy: BlockRef | null = null,
  ): Promise<void> {
    this.#goesOn();
    const answer = await call(this.#signal);
    if (copy !== null && answer.status === 'INVALID') throw new Ended({ why: 'copy-refused', copy, answer });
    if (answer.status !== 'VALID') throw answered(to, answer, null);
  }

  #requireUnrefused(block: BlockRef): void {
    if (this.#deps.isRefused(block.hash)) throw notSent({ why: 'known-refused', block });
  }

  #goesOn(): void {
    if (this.#signal.aborted) throw notSent({ why: 'aborted' });
  }
}

function answered(to: ClimbCall, answer: EngineAnswer, effect: string | null): Ended {
  return new Ended({ why: 'answered', to, answer, effect });
}

function notSent(stop: ExtendStop): Ended {
  return new Ended({ why: 'not-sent', stop });
}
