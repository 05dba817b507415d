import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { HexOutcome } from '../util/envelope.js';
import { isJsonObject } from '../util/json.js';
import { getBlock, getRawBlock, idParam, readAskedRef } from './block-id.js';
import { blockOf } from './blocks-together.js';
import { schemaError } from './decode.js';
import { isEncodable } from './encodable.js';
import { fetchParts } from './parts.js';
import { isMethodMissing, isRefusedByStatus, prunedOrThrow, type RpcFailure } from './rpc-errors.js';
import type { BlockId, Lookup } from './source.js';
import type { SourceWire } from './wire.js';

/** So many refusals in a row of blocks that the source has mean that it does not serve them in this way. */
const REFUSALS_MAX = 3;

/** How a source says that it takes no hash here: the specification of the debug methods knows heights only. */
const INVALID_PARAMS = -32602;

/** What a request costs is spread thin enough; where one call in a hundred fails, so few blocks are asked for twice. */
const TOGETHER_MAX = 8;

/** Blocks are asked for together where they are expected to be small; where they are not the reply is cut here. */
const TOGETHER_MAX_BYTES = 8 * 1024 * 1024;

/** After so many batches in a row that brought nothing, blocks are asked for alone for good. */
const FAILURES_MAX = 3;

type RawAnswer = Lookup<FetchedBlock> | { readonly kind: 'refused'; readonly code: number | null };

/**
 * Fetches blocks in the cheapest form that the source serves: RLP, else JSON with whole transactions, else JSON with
 * the raw encoding of each transaction. What works is learned from the answers, and by height and by hash apart, as
 * ethereumjs serves raw blocks by height only.
 */
export class BlockReader {
  readonly #wire: SourceWire;
  #refusals = { number: 0, hash: 0 };
  /** The error code by which this source says that it has no block of a height yet, once that was confirmed. */
  #missCode: number | null = null;
  #highestSeen = -1;
  /** The last height that was taken for missing by the error code alone. */
  #presumedMissing = -1;
  /** The last block that was there as JSON and not raw at its height, and for how many looks in a row. */
  #notAtHeight = { hash: '', times: 0 };
  /** Of batches of blocks, in a row. */
  #failures = 0;

  constructor(wire: SourceWire) {
    this.#wire = wire;
  }

  /** The source has shown a block of this height. */
  saw(number: number): void {
    this.#highestSeen = Math.max(this.#highestSeen, number);
  }

  /** How many small blocks {@link readTogether} takes; 1 while it is not known how this source serves them. */
  get togetherMax(): number {
    const isLearning = this.#refusals.number > 0 && this.#refusals.number < REFUSALS_MAX;
    // Where calls are counted a batch saves none of them, and would hold up the labels.
    return isLearning || this.#failures >= FAILURES_MAX || this.#wire.callsPerBatch < Infinity ? 1 : TOGETHER_MAX;
  }

  /** Blocks of these heights by one batch, in the form learned; null for each that has to be asked for alone. */
  async readTogether(heights: readonly number[], signal: AbortSignal): Promise<readonly (FetchedBlock | null)[]> {
    const isRaw = this.#refusals.number < REFUSALS_MAX;
    const calls = heights.map((number) => (isRaw ? getRawBlock({ number }) : getBlock({ number }, true)));
    try {
      const outcomes = await this.#wire.askTogether(calls, signal, TOGETHER_MAX_BYTES);
      const blocks = heights.map((number, index) => blockOf(outcomes[index], number));
      heights.filter((_, index) => blocks[index] !== null).forEach((number) => this.saw(number));
      this.#failures = blocks.some((block) => block !== null) ? 0 : this.#failures + 1;
      return blocks;
    } catch (thrown) {
      const { code } = asLockstepError(thrown);
      if (code === 'ABORTED' || code === 'INTERNAL') throw thrown;
      this.#failures += 1;
      return heights.map(() => null);
    }
  }

  async read(id: BlockId, signal: AbortSignal): Promise<Lookup<FetchedBlock>> {
    const way = 'hash' in id ? 'hash' : 'number';
    if (this.#refusals[way] >= REFUSALS_MAX) return this.#readJson(id, signal);
    const raw = await this.#readRaw(id, signal);
    if (raw.kind !== 'refused') return this.#served(way, raw);
    // The refusal can mean anything: what the source answers for the same block as JSON tells what it meant.
    const json = await this.#readJson(id, signal);
    if (json.kind === 'absent' && way === 'number') this.#missCode = raw.code;
    if (json.kind !== 'found') return json;
    if (way === 'number' && json.value.form === 'rlp') return this.#served(way, json);
    if (!this.#learnRefusal(way, raw.code)) return json;
    // Each of these blocks may have come between the two looks, as one does that is looked for when it is due.
    const again = await this.#readRaw(id, signal);
    return again.kind === 'found' ? this.#served(way, again) : json;
  }

  #served(way: 'number' | 'hash', raw: Lookup<FetchedBlock>): Lookup<FetchedBlock> {
    if (raw.kind === 'found') this.#refusals[way] = 0;
    return raw;
  }

  /**
   * A method that is not there at all serves neither heights nor hashes; a hash that is no parameter never will be. True
   * where only so many refusals in a row say that it does not serve them.
   */
  #learnRefusal(way: 'number' | 'hash', code: number | null): boolean {
    if (code === null) this.#refusals = { number: REFUSALS_MAX, hash: REFUSALS_MAX };
    else if (way === 'hash' && code === INVALID_PARAMS) this.#refusals.hash = REFUSALS_MAX;
    else {
      this.#refusals[way] += 1;
      return this.#refusals[way] === REFUSALS_MAX;
    }
    return false;
  }

  async #readRaw(id: BlockId, signal: AbortSignal): Promise<RawAnswer> {
    const outcome = await this.#askRaw(id, signal);
    if (outcome === null) return { kind: 'refused', code: null };
    if (!outcome.ok) return this.#readRawFailure(id, outcome);
    const { hex } = outcome;
    // Geth answers an unknown height with empty bytes (engines-measured 2.F).
    if (hex === null || hex.start === hex.end) return { kind: 'absent' };
    if ('number' in id) this.saw(id.number);
    return { kind: 'found', value: { form: 'rlp', ...hex } };
  }

  /** Null where a gateway refuses the method with an HTTP status instead of an error object. */
  async #askRaw(id: BlockId, signal: AbortSignal): Promise<HexOutcome | null> {
    try {
      return await this.#wire.askHex(getRawBlock(id), signal);
    } catch (error) {
      if (error instanceof LockstepError && isRefusedByStatus(error)) return null;
      throw error;
    }
  }

  #readRawFailure(id: BlockId, failure: RpcFailure): RawAnswer {
    if (isMethodMissing(failure)) return { kind: 'refused', code: null };
    const expectedMiss = 'number' in id && id.number > this.#highestSeen && failure.code === this.#missCode;
    // Where a consensus client names the heads nothing else tells that the block is there by now.
    if (!expectedMiss || id.number === this.#presumedMissing) return { kind: 'refused', code: failure.code };
    this.#presumedMissing = id.number;
    return { kind: 'absent' };
  }

  async #readJson(id: BlockId, signal: AbortSignal): Promise<Lookup<FetchedBlock>> {
    const call = getBlock(id, true);
    const { outcome, items } = await this.#wire.askBlock(call, signal);
    if (!outcome.ok) return prunedOrThrow(call.method, outcome);
    const block = outcome.result;
    if (block === null) return { kind: 'absent' };
    const ref = readAskedRef(block, id);
    this.saw(ref.number);
    if (!isJsonObject(block)) throw schemaError(`block ${idParam(id)} is not an object`);
    if (items !== null) return { kind: 'found', value: { form: 'json', block, items } };
    if (isEncodable(block)) return { kind: 'found', value: { form: 'json', block } };
    const raw = await this.#readRawAt(ref, signal);
    if (raw?.kind === 'found') return raw;
    const parts = await fetchParts(this.#wire, block, ref, signal);
    if (parts !== null) return { kind: 'found', value: parts };
    return raw !== null && this.#comesToItsHeight(ref)
      ? { kind: 'absent' }
      : { kind: 'found', value: { form: 'json', block } };
  }

  /**
   * A source that changes its branch has a block before it stands at its height (ethereumjs serves raw blocks by height
   * only): for some looks the block is not there yet, rather than one that cannot be encoded.
   */
  #comesToItsHeight({ hash }: BlockRef): boolean {
    const times = this.#notAtHeight.hash === hash ? this.#notAtHeight.times + 1 : 1;
    this.#notAtHeight = { hash, times };
    return times <= REFUSALS_MAX;
  }

  /**
   * The cheapest way to a block that was asked for by hash (whether it is the one of that hash is verified later), and
   * the way to one that came between the refusal of its height and the look as JSON. Null where heights are not served.
   */
  async #readRawAt({ number }: BlockRef, signal: AbortSignal): Promise<Lookup<FetchedBlock> | null> {
    if (this.#refusals.number >= REFUSALS_MAX) return null;
    const raw = await this.#readRaw({ number }, signal);
    if (raw.kind !== 'refused') return raw;
    return raw.code === null ? null : { kind: 'absent' };
  }
}
