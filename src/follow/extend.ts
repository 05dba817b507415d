import type { BlockRef, Labels } from '../chain/block.js';
import { forkchoice, type Forkchoice } from '../chain/forkchoice.js';
import type { AppliedForkchoice, Engine } from '../engine/engine.js';
import type { Payload } from '../payload/payload.js';
import type { Source } from '../source/source.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { Hash } from '../util/hex.js';
import { ConfirmedBlocks, type NextBlocks } from './confirmed-blocks.js';
import { FetchAhead, type FetchLimits } from './fetch-ahead.js';
import { promote } from './labels.js';
import { PlannedBlocks } from './planned-blocks.js';
import type { PlannedPayloads } from './planned-payloads.js';
import type { ExtendAction, ExtendStop, Outcome } from './action.js';

export interface ExtendDeps {
  readonly source: Source;
  readonly engine: Engine;
  /** Sends a forkchoice and reads it back. */
  readonly apply: (fc: Forkchoice) => Promise<AppliedForkchoice>;
  /** The newest coherent labels of the source: they move while a long extension runs. */
  readonly sourceLabels: () => Labels | null;
  /** The EL refused this payload before and is not asked again yet. */
  readonly isRefused: (hash: Hash) => boolean;
  readonly onBlock: (payload: Payload) => void;
  readonly payloads: PlannedPayloads;
  readonly limits: FetchLimits & { readonly blocksPerForkchoice: number };
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/**
 * After this long an extension uses up the blocks that it has asked for and ends, so that the loop looks at both sides
 * again; the next one goes on from there.
 */
const SLICE_MS = 30_000;

type ExtendOutcome = Extract<Outcome, { of: 'extend' }>;

/**
 * Replays the source's blocks from the EL's head to the target: fetch ahead, verify, newPayload, and a forkchoice per
 * block or per few blocks. While the EL works on one block the next is fetched and verified.
 * `stop` ends it before the next call.
 */
export async function extend(action: ExtendAction, deps: ExtendDeps, stop: AbortSignal): Promise<ExtendOutcome> {
  const lane = new Extension(action, deps, stop);
  const fetching = new AbortController();
  const signal = AbortSignal.any([stop, fetching.signal]);
  try {
    const why = await lane.run(nextBlocks(action, deps, signal), signal);
    return await lane.finish(stop.aborted ? { why: 'aborted' } : why);
  } finally {
    fetching.abort();
  }
}

function nextBlocks(action: ExtendAction, deps: ExtendDeps, signal: AbortSignal): NextBlocks {
  if (action.plan !== null) return new PlannedBlocks(action.plan, action.from, deps, signal);
  const range = { first: action.from.number + 1, target: action.to };
  return new ConfirmedBlocks(new FetchAhead(deps.source, deps.limits, range, signal), action, deps.source, signal);
}

class Extension {
  readonly #action: ExtendAction;
  readonly #deps: ExtendDeps;
  readonly #stop: AbortSignal;
  readonly #sliceEndsAt: number;
  readonly #hashes = new Map<number, Hash>();
  /** The highest block the EL called VALID, and the highest one it was shown to stand at. */
  #valid: BlockRef;
  #applied: BlockRef;
  #labels: Labels;
  #blocks = 0;

  constructor(action: ExtendAction, deps: ExtendDeps, stop: AbortSignal) {
    this.#action = action;
    this.#deps = deps;
    this.#stop = stop;
    this.#sliceEndsAt = deps.now() + SLICE_MS;
    this.#valid = action.from;
    this.#applied = action.from;
    this.#labels = action.ground.trusted;
    for (const [number, ref] of action.ground.known) if (ref !== null) this.#hashes.set(number, ref.hash);
    this.#hashes.set(action.from.number, action.from.hash);
  }

  async run(blocks: NextBlocks, signal: AbortSignal): Promise<ExtendStop> {
    const { to } = this.#action;
    const stopping = (): boolean => signal.aborted;
    let next = blocks.next();
    for (;;) {
      const prepared = await next;
      if (prepared.kind === 'stop') return prepared.stop;
      const { payload } = prepared;
      if (this.#deps.isRefused(payload.ref.hash)) return { why: 'known-refused', block: payload.ref };
      if (stopping()) return { why: 'aborted' };
      const answering = this.#deps.engine.newPayload(payload, this.#stop);
      const last = payload.ref.number >= to.number;
      if (!last) next = blocks.next();
      const answer = await answering;
      if (answer.status !== 'VALID') return { why: 'payload-answer', block: payload.ref, answer };
      // The EL has read a request that it answered VALID to; after any other answer parts of it may still be on the way.
      LARGE_BUFFERS.giveBack(payload.request);
      this.#valid = payload.ref;
      this.#hashes.set(payload.ref.number, payload.ref.hash);
      this.#deps.onBlock(payload);
      if (this.#deps.now() >= this.#sliceEndsAt) blocks.finish();
      if (last || this.#forkchoiceIsDue()) {
        const refused = stopping() ? ({ why: 'aborted' } as const) : await this.#apply();
        if (refused !== null) return refused;
      }
      if (last) return { why: 'reached' };
    }
  }

  /** Blocks that are VALID but not yet the head are kept, unless the outcome of the last call has to be observed first. */
  async finish(stopped: ExtendStop): Promise<ExtendOutcome> {
    const observeFirst =
      stopped.why === 'forkchoice-answer' || (stopped.why === 'payload-answer' && stopped.answer.status === 'UNKNOWN');
    if (!observeFirst && !this.#stop.aborted && this.#valid.hash !== this.#applied.hash) {
      const refused = await this.#apply();
      if (refused !== null) return this.#outcome(refused);
    }
    return this.#outcome(stopped);
  }

  #forkchoiceIsDue(): boolean {
    const since = this.#valid.number - this.#applied.number;
    return since >= (this.#action.everyBlock ? 1 : this.#deps.limits.blocksPerForkchoice);
  }

  async #apply(): Promise<ExtendStop | null> {
    const head = this.#valid;
    const hashAt = (number: number): Hash | undefined => this.#hashes.get(number);
    const restored = promote(head, this.#labels, this.#action.ground.remembered, hashAt);
    const labels = promote(head, restored, this.#deps.sourceLabels(), hashAt);
    const applied: AppliedForkchoice = await this.#deps.apply(forkchoice(head, labels));
    if (applied.effect !== 'moved') {
      if (applied.effect === 'head-only') this.#stand(head);
      return { why: 'forkchoice-answer', block: head, answer: applied.answer, effect: applied.effect };
    }
    this.#stand(head);
    this.#labels = labels;
    return null;
  }

  #stand(head: BlockRef): void {
    this.#blocks += head.number - this.#applied.number;
    this.#applied = head;
  }

  #outcome(stop: ExtendStop): ExtendOutcome {
    return { of: 'extend', head: this.#applied, blocks: this.#blocks, stop };
  }
}
