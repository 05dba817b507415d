import { setImmediate } from 'node:timers/promises';
import type { BlockRef } from '../chain/block.js';
import { buildPayload } from '../payload/build.js';
import { copiedSibling } from '../payload/copied-sibling.js';
import type { Payload } from '../payload/payload.js';
import { rebuildRequests } from '../payload/requests.js';
import { verifyBlock, verifyLink, type VerifiedBlock } from '../payload/verify.js';
import type { Source } from '../source/source.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import { asLockstepError, LockstepError } from '../util/errors.js';
import type { Hex } from '../util/hex.js';
import { type FetchAhead, sizeBytes } from './fetch-ahead.js';
import type { ExtendStop } from './action.js';

export type Prepared =
  | { readonly kind: 'ready'; readonly payload: Payload }
  | { readonly kind: 'stop'; readonly stop: ExtendStop };

/** A block further in the future than this is not believed (reliability S25). Fast devnets run hours ahead of the clock. */
const MAX_FUTURE_S = 24 * 3_600;

/** Verifying a block of so much text takes milliseconds, and so does building its payload: each has a turn of the event loop. */
const LONG_WORK_BYTES = 512 * 1024;

/** Takes the next block, recomputes everything that can be recomputed, and builds its payload. Never rejects. */
export function prepare(
  blocks: FetchAhead,
  parent: BlockRef,
  target: BlockRef,
  source: Source,
  signal: AbortSignal,
): Promise<Prepared> {
  const number = parent.number + 1;
  return orStop(number, async () => {
    const found = await blocks.take();
    if (found.kind === 'over') return { kind: 'stop', stop: { why: 'slice' } };
    if (found.kind !== 'found') return absent(number, found);
    // The rest of the payload that was just sent leaves on the event loop: verifying at once would hold it back.
    await setImmediate();
    // An immediate comes in the turn of the reads and writes that led to it: the one after it comes in the next turn.
    if (sizeBytes(found.value) > LONG_WORK_BYTES) await setImmediate();
    const startedAt = performance.now();
    const block = verifyBlock(found.value, number === target.number ? { number, hash: target.hash } : { number });
    if (block.ref.parentHash !== parent.hash) return { kind: 'stop', stop: { why: 'unlinked', number } };
    verifyLink(parent, block.ref);
    const verifiedMs = performance.now() - startedAt;
    return built(block, source, signal, verifiedMs);
  });
}

/** As `prepare`, for a block far above the EL's: its own hash is all that it has to agree with. */
export function prepareFar({ number, hash }: BlockRef, source: Source, signal: AbortSignal): Promise<Prepared> {
  return orStop(number, async () => {
    const found = await source.block({ hash }, signal);
    if (found.kind !== 'found') return absent(number, found);
    return built(verifyBlock(found.value, { number, hash }), source, signal);
  });
}

/** As `prepare`, for the block that the source has above `parent` now. */
export function prepareLinked(parent: BlockRef, source: Source, signal: AbortSignal): Promise<Prepared> {
  const number = parent.number + 1;
  return orStop(number, async () => {
    const found = await source.block({ number }, signal);
    if (found.kind !== 'found') return absent(number, found);
    const block = verifyBlock(found.value, { number });
    if (block.ref.parentHash !== parent.hash) return { kind: 'stop', stop: { why: 'unlinked', number } };
    return built(block, source, signal);
  });
}

/** The payload of a copied sibling of a block of the source. */
export function prepareCopied({ number, hash }: BlockRef, source: Source, signal: AbortSignal): Promise<Prepared> {
  return orStop(number, async () => {
    const found = await source.block({ hash }, signal);
    if (found.kind !== 'found') return absent(number, found);
    const block = verifyBlock(found.value, { number, hash });
    const requests = await requestsOf(block, source, signal);
    return { kind: 'ready', payload: buildPayload(copiedSibling(block), requests) };
  });
}

async function orStop(number: number, make: () => Promise<Prepared>): Promise<Prepared> {
  try {
    return await make();
  } catch (thrown) {
    const error = asLockstepError(thrown);
    if (error.code === 'ABORTED') return { kind: 'stop', stop: { why: 'aborted' } };
    if (error.code.startsWith('SOURCE_')) return { kind: 'stop', stop: { why: 'source-failed', error } };
    if (error.code.startsWith('BLOCK_')) return { kind: 'stop', stop: { why: 'block-rejected', number, error } };
    throw error;
  }
}

function absent(number: number, { kind }: { readonly kind: 'absent' | 'pruned' }): Prepared {
  return { kind: 'stop', stop: { why: 'absent', number, pruned: kind === 'pruned' } };
}

async function built(
  block: VerifiedBlock,
  source: Source,
  signal: AbortSignal,
  verifiedMs?: number,
): Promise<Prepared> {
  requirePresent(block.ref);
  const requests = await requestsOf(block, source, signal);
  if (block.rlp.text.length > LONG_WORK_BYTES) await setImmediate();
  const startedAt = performance.now();
  const payload = buildPayload(block, requests);
  block.buffers.forEach((buffer) => LARGE_BUFFERS.giveBack(buffer));
  if (verifiedMs === undefined) return { kind: 'ready', payload };
  return { kind: 'ready', payload: { ...payload, preparedMs: verifiedMs + performance.now() - startedAt } };
}

/** Execution requests are in no RPC answer: where the header commits to some, they are rebuilt from their traces. */
async function requestsOf(block: VerifiedBlock, source: Source, signal: AbortSignal): Promise<readonly Hex[]> {
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
