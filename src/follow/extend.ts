import type { BlockRef, Labels } from '../chain/block.js';
import { forkchoice, type Forkchoice } from '../chain/forkchoice.js';
import type { AppliedForkchoice, Engine, EngineAnswer } from '../engine/engine.js';
import type { Payload } from '../payload/payload.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { Hash } from '../util/hex.js';
import { ConfirmedBlocks, type NextBlocks } from './confirmed-blocks.js';
import { FetchAhead, type FetchDeps, type FetchLimits } from './fetch-ahead.js';
import { promote, restored } from './labels.js';
import { LanePace } from './lane-pace.js';
import { PlannedBlocks } from './planned-blocks.js';
import type { PlannedPayloads } from './planned-payloads.js';
import { ReadyBlocks } from './ready-blocks.js';
import type { ExtendAction, ExtendStop, Outcome } from './action.js';

export interface ExtendDeps extends FetchDeps {
  readonly engine: Engine;
  /** Sends a forkchoice and reads it back. */
  readonly apply: (fc: Forkchoice) => Promise<AppliedForkchoice>;
  /** The newest coherent labels of the source: they move while a long extension runs. */
  readonly sourceLabels: () => Labels | null;
  /** The EL refused this payload before and is not asked again yet. */
  readonly isRefused: (hash: Hash) => boolean;
  /** An operator wants something that only another turn can do. */
  readonly isOrdered: () => boolean;
  readonly onBlock: (payload: Payload) => void;
  readonly payloads: PlannedPayloads;
  readonly limits: FetchLimits & { readonly blocksPerForkchoice: number };
}

/**
 * After this long, or when there is an order, an extension uses up the blocks that it has asked for and ends, so that the
 * loop looks at both sides again; the next one goes on from there.
 */
const SLICE_MS = 30_000;

type ExtendOutcome = Extract<Outcome, { of: 'extend' }>;

/**
 * Replays the source's blocks from the EL's head to the target: fetch ahead, verify, newPayload, and a forkchoice per
 * block or per few blocks. While the EL works the next blocks are fetched and verified. Far behind, several payloads go
 * out in one batch; the forkchoice never does, since only a block that the EL called VALID may become its head (I3).
 * `stop` ends it before the next call.
 */
export async function extend(action: ExtendAction, deps: ExtendDeps, stop: AbortSignal): Promise<ExtendOutcome> {
  const lane = new Extension(action, deps, stop);
  const fetching = new AbortController();
  const signal = AbortSignal.any([stop, fetching.signal]);
  try {
    const why = await lane.run(nextBlocks(action, deps, signal), signal);
    if (why.why === 'reached') LARGE_BUFFERS.shrink();
    return await lane.finish(stop.aborted ? { why: 'aborted' } : why);
  } finally {
    fetching.abort();
  }
}

function nextBlocks(action: ExtendAction, deps: ExtendDeps, signal: AbortSignal): NextBlocks {
  if (action.plan !== null) return new PlannedBlocks(action.plan, action.from, deps, signal);
  const range = { first: action.from.number + 1, target: action.to };
  return new ConfirmedBlocks(new FetchAhead(deps, range, signal), action, deps.source, signal);
}

/** Why an extension ends with the answer to `payload`, one of those that were sent in one call. */
function refusal(
  sent: readonly [Payload, ...Payload[]],
  { ref: block }: Payload,
  answer: EngineAnswer | undefined,
): ExtendStop {
  if (answer === undefined) throw new RangeError(`no answer for block ${block.number}`);
  const last = sent.at(-1);
  if (sent.length === 1 || last === undefined) return { why: 'payload-answer', block, answer };
  return { why: 'batch-answer', block, answer, first: sent[0].ref, last: last.ref };
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
  readonly #maxBatch: number;
  readonly #pace: LanePace;

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
    this.#maxBatch = action.batches ? deps.engine.profile.maxPayloadsPerBatch : 1;
    const maxBlocksPerForkchoice = action.everyBlock ? 1 : deps.limits.blocksPerForkchoice;
    this.#pace = new LanePace({ maxPayloadsPerCall: this.#maxBatch, maxBlocksPerForkchoice });
  }

  async run(blocks: NextBlocks, signal: AbortSignal): Promise<ExtendStop> {
    const { to } = this.#action;
    const ready = new ReadyBlocks(blocks, to.number, this.#maxBatch);
    const stopping = (): boolean => signal.aborted;
    for (;;) {
      const taken = await ready.take(Math.min(this.#pace.payloadsPerCall, this.#untilForkchoice()));
      if ('why' in taken) return taken;
      const refused = taken.find(({ ref }) => this.#deps.isRefused(ref.hash));
      if (refused !== undefined) return { why: 'known-refused', block: refused.ref };
      if (stopping()) return { why: 'aborted' };
      const stop = await this.#send(taken, () => ready.refill());
      if (stop !== null) return stop;
      blocks.executed(this.#valid.number);
      if (this.#deps.now() >= this.#sliceEndsAt || this.#deps.isOrdered()) blocks.finish();
      if (this.#untilForkchoice() > 0 && this.#valid.number < to.number) continue;
      const unapplied = stopping() ? ({ why: 'aborted' } as const) : await this.#apply();
      if (unapplied !== null) return unapplied;
    }
  }

  /** Sends the payloads in one call. `meanwhile` is called once it is on its way. Null: all of them are VALID. */
  async #send(payloads: readonly [Payload, ...Payload[]], meanwhile: () => void): Promise<ExtendStop | null> {
    const { now } = this.#deps;
    const startedAt = now();
    const answering = this.#call(payloads);
    meanwhile();
    const answers = await answering;
    for (const [index, payload] of payloads.entries()) {
      const { ref, request } = payload;
      const answer = answers[index];
      if (answer?.status !== 'VALID') return refusal(payloads, payload, answer);
      // The EL has read a request that it answered VALID to; after any other answer parts may still be on the way.
      LARGE_BUFFERS.giveBack(request);
      this.#valid = ref;
      this.#hashes.set(ref.number, ref.hash);
      this.#deps.onBlock(payload);
    }
    this.#pace.took(payloads.length, now() - startedAt);
    return null;
  }

  async #call(payloads: readonly [Payload, ...Payload[]]): Promise<readonly EngineAnswer[]> {
    const { engine } = this.#deps;
    if (payloads.length > 1) return engine.newPayloads(payloads, this.#stop);
    return [await engine.newPayload(payloads[0], this.#stop)];
  }

  /**
   * Blocks that are VALID but not yet the head become it, unless the EL just answered something else than VALID: that
   * answer must not be hidden by another one. The next extension goes block by block, from where the EL then stands.
   */
  async finish(stopped: ExtendStop): Promise<ExtendOutcome> {
    if (!('answer' in stopped) && !this.#stop.aborted && this.#valid.hash !== this.#applied.hash) {
      const refused = await this.#apply();
      if (refused !== null) return this.#outcome(refused);
    }
    return this.#outcome(stopped);
  }

  /** How many more blocks may pass before a forkchoice; 0: it is due. */
  #untilForkchoice(): number {
    return Math.max(0, this.#pace.blocksPerForkchoice - (this.#valid.number - this.#applied.number));
  }

  async #apply(): Promise<ExtendStop | null> {
    const head = this.#valid;
    const hashAt = (number: number): Hash | undefined => this.#hashes.get(number);
    const before = restored(head, this.#labels, this.#action.ground.awaited, hashAt);
    const labels = promote(head, before, this.#deps.sourceLabels(), hashAt);
    const { effect, answer }: AppliedForkchoice = await this.#deps.apply(forkchoice(head, labels));
    if (effect === 'moved' || effect === 'head-only') this.#stand(head);
    // One that the EL took before may have come first, and this one may still be under way (reliability I17).
    const isOpen = this.#action.doubtful && answer.status === 'UNKNOWN';
    if (effect !== 'moved' || isOpen) return { why: 'forkchoice-answer', block: head, answer, effect };
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
