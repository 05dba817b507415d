import { setImmediate } from 'node:timers/promises';
import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import { buildPayload } from '../payload/build.js';
import type { Payload } from '../payload/payload.js';
import { rebuildRequests } from '../payload/requests.js';
import { verifyBlock, verifyLink, type VerifiedBlock } from '../payload/verify.js';
import type { Source } from '../source/source.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { Hex } from '../util/hex.js';
import type { FetchAhead } from './fetch-ahead.js';
import type { ExtendStop } from './state.js';

export type Prepared =
  { readonly kind: 'ready'; readonly payload: Payload } | { readonly kind: 'stop'; readonly stop: ExtendStop };

/** A block further in the future than this is not believed (reliability S25). Fast devnets run hours ahead of the clock. */
const MAX_FUTURE_S = 24 * 3_600;

/** Takes the next block, recomputes everything that can be recomputed, and builds its payload. Never rejects. */
export async function prepare(
  blocks: FetchAhead,
  parent: BlockRef,
  target: BlockRef,
  source: Source,
  signal: AbortSignal,
): Promise<Prepared> {
  const number = parent.number + 1;
  try {
    const found = await blocks.take();
    if (found.kind === 'over') return { kind: 'stop', stop: { why: 'slice' } };
    if (found.kind !== 'found') {
      return { kind: 'stop', stop: { why: 'absent', number, pruned: found.kind === 'pruned' } };
    }
    // The rest of the payload that was just sent leaves on the event loop: verifying at once would hold it back.
    await setImmediate();
    return await verified(found.value, { number, parent, target, source, signal });
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'ABORTED') return { kind: 'stop', stop: { why: 'aborted' } };
    if (error.code.startsWith('SOURCE_')) return { kind: 'stop', stop: { why: 'source-failed', error } };
    if (error.code.startsWith('BLOCK_')) return { kind: 'stop', stop: { why: 'block-rejected', number, error } };
    throw error;
  }
}

interface Wanted {
  readonly number: number;
  readonly parent: BlockRef;
  readonly target: BlockRef;
  readonly source: Source;
  readonly signal: AbortSignal;
}

async function verified(fetched: FetchedBlock, wanted: Wanted): Promise<Prepared> {
  const { number, parent, target } = wanted;
  const block = verifyBlock(fetched, number === target.number ? { number, hash: target.hash } : { number });
  if (block.ref.parentHash !== parent.hash) return { kind: 'stop', stop: { why: 'unlinked', number } };
  verifyLink(parent, block.ref);
  requirePresent(block.ref);
  const payload = buildPayload(block, await requestsOf(block, wanted));
  if (fetched.form === 'rlp') LARGE_BUFFERS.giveBack(fetched.text);
  return { kind: 'ready', payload };
}

/** Execution requests are in no RPC answer: where the header commits to some, they are rebuilt from their traces. */
async function requestsOf(block: VerifiedBlock, { source, signal }: Wanted): Promise<readonly Hex[]> {
  if (!block.requestsNeeded) return [];
  const evidence = await source.requestEvidence(block.ref, signal);
  if (evidence.kind === 'found') return rebuildRequests(evidence.value, block);
  const detail = `the source has no receipts or state for block ${block.ref.number} (${evidence.kind})`;
  throw new LockstepError('BLOCK_REQUESTS_UNKNOWN', { detail, data: { number: block.ref.number } });
}

function requirePresent(ref: BlockRef): void {
  const aheadS = ref.timestamp - Date.now() / 1_000;
  if (aheadS <= MAX_FUTURE_S) return;
  const detail = `timestamp ${ref.timestamp} of block ${ref.number} lies ${Math.round(aheadS)} s in the future`;
  throw new LockstepError('BLOCK_MALFORMED', { detail, data: { number: ref.number, timestamp: ref.timestamp } });
}
