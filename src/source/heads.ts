import type { BlockRef, Labels } from '../chain/block.js';
import { rpcError } from '../util/envelope.js';
import { LockstepError } from '../util/errors.js';
import type { RpcCall, RpcOutcome } from '../util/rpc.js';
import { getBlock, readAskedRef } from './block-id.js';
import { isUnsetBlock, readQuantity, readRef, schemaError } from './decode.js';
import { isMethodMissing, isRefusedByStatus, prunedOrThrow } from './rpc-errors.js';
import type { BlockId, Lookup } from './source.js';
import type { SourceWire } from './wire.js';

export async function readChainId(wire: SourceWire, signal: AbortSignal): Promise<number> {
  const method = 'eth_chainId';
  const outcome = await wire.ask({ method, params: [] }, signal);
  if (!outcome.ok) throw rpcError('SOURCE', method, outcome);
  return readQuantity(outcome.result, 'the chain id');
}

/** The source's `latest`, which every source has: its absence is an error. */
export async function readHead(wire: SourceWire, signal: AbortSignal): Promise<BlockRef> {
  const call = getLabel('latest');
  const outcome = await wire.ask(call, signal);
  if (!outcome.ok) throw rpcError('SOURCE', call.method, outcome);
  return readRef(outcome.result, 'latest');
}

const HEADER = 'eth_getHeaderByNumber';

type Tag = 'safe' | 'finalized';

/** A start and its catch-up read labels a few times: only then a question more is worth it, where it may be in vain. */
const READS_OF_A_START = 4;

/**
 * Reads safe and finalized in one batch, as headers where the source serves them: a block without its transactions
 * still carries all of their hashes (performance 7.3). Clients know the method (geth, reth) or do not (ethereumjs).
 */
export class LabelReader {
  readonly #wire: SourceWire;
  /** proven: a header came once, so an error means that a label is not set, and not that the method is missing. */
  #headers: 'untried' | 'proven' | 'missing' = 'untried';
  #reads = 0;

  constructor(wire: SourceWire) {
    this.#wire = wire;
  }

  async read(signal: AbortSignal): Promise<Labels> {
    const [safe = null, finalized = null] = await this.#readTags(['safe', 'finalized'], signal);
    if (safe !== null && finalized !== null && finalized.number > safe.number) {
      throw schemaError(`finalized ${finalized.number} is above safe ${safe.number} in one batch`);
    }
    return { safe, finalized };
  }

  async readSafe(signal: AbortSignal): Promise<BlockRef | null> {
    const [safe = null] = await this.#readTags(['safe'], signal);
    return safe;
  }

  async #readTags(tags: readonly Tag[], signal: AbortSignal): Promise<readonly (BlockRef | null)[]> {
    this.#reads += 1;
    const asBlocks = this.#headers === 'missing' || this.#reads <= READS_OF_A_START;
    const headers = asBlocks ? null : await this.#askHeaders(tags, signal);
    const outcomes = headers ?? (await this.#wire.askTogether(tags.map(getLabel), signal));
    if (outcomes.length < tags.length) throw schemaError('the batch of labels is short');
    const labels = tags.map((tag, index) => readLabel(outcomes[index], tag));
    if (!asBlocks && headers === null && labels.some((label) => label !== null)) this.#headers = 'missing';
    return labels;
  }

  /** Null where blocks have to be asked for: the answer may be about the method and not about the label. */
  async #askHeaders(tags: readonly Tag[], signal: AbortSignal): Promise<readonly RpcOutcome[] | null> {
    const calls = tags.map((tag) => ({ method: HEADER, params: [tag] }));
    let outcomes: readonly RpcOutcome[];
    try {
      outcomes = await this.#wire.askTogether(calls, signal);
    } catch (thrown) {
      if (this.#headers === 'proven' || !(thrown instanceof LockstepError) || !mayBeRefusal(thrown)) throw thrown;
      return null;
    }
    if (outcomes.some((outcome) => !outcome.ok && isMethodMissing(outcome))) this.#headers = 'missing';
    else if (outcomes.some((outcome) => outcome.ok && outcome.result !== null)) this.#headers = 'proven';
    return this.#headers === 'proven' ? outcomes : null;
  }
}

/** A batch that a gateway refused as a whole, by an error object or by an HTTP status. */
function mayBeRefusal(error: LockstepError): boolean {
  return error.code === 'SOURCE_RPC_ERROR' || isRefusedByStatus(error);
}

export async function readRefAt(wire: SourceWire, id: BlockId, signal: AbortSignal): Promise<Lookup<BlockRef>> {
  const call = getBlock(id, false);
  return lookupOf(id, call, await wire.ask(call, signal));
}

export async function readRefsAt(
  wire: SourceWire,
  heights: readonly number[],
  signal: AbortSignal,
): Promise<readonly Lookup<BlockRef>[]> {
  const asked = heights.map((number) => ({ id: { number }, call: getBlock({ number }, false) }));
  const calls = asked.map(({ call }) => call);
  const outcomes = await wire.askTogether(calls, signal);
  return asked.map(({ id, call }, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) throw schemaError('the batch of blocks is short');
    return lookupOf(id, call, outcome);
  });
}

function lookupOf(id: BlockId, { method }: RpcCall, outcome: RpcOutcome): Lookup<BlockRef> {
  if (!outcome.ok) return prunedOrThrow(method, outcome);
  if (outcome.result === null) return { kind: 'absent' };
  return { kind: 'found', value: readAskedRef(outcome.result, id) };
}

/** Every client serves blocks by label. */
function getLabel(tag: Tag | 'latest'): RpcCall {
  return { method: 'eth_getBlockByNumber', params: [tag, false] };
}

/** Execution clients answer for an unset label with null, a block of zeros or an error object (reliability S17). */
function readLabel(outcome: RpcOutcome | undefined, tag: Tag): BlockRef | null {
  return outcome?.ok !== true || isUnsetBlock(outcome.result) ? null : readRef(outcome.result, tag);
}
