import type { BlockRef } from '../chain/block.js';
import { verifyBlock } from '../payload/verify.js';
import type { Source } from '../source/source.js';
import { LARGE_BUFFERS } from '../util/buffer-pool.js';
import type { Passed, SeenHead } from './op-stack-check.js';

/**
 * The head of the source comes in a form that can be verified and replayed: it is recomputed once. Uses up the block of
 * `seen`.
 * @throws LockstepError SOURCE_*, BLOCK_*, ABORTED
 */
export async function checkBlocks(
  source: Source,
  head: BlockRef | null,
  seen: SeenHead | null,
  signal: AbortSignal,
): Promise<Passed<null>> {
  if (head === null || head.number === 0) return { value: null, detail: 'the source has no block after genesis yet' };
  const found = seen?.block ?? (await source.block({ hash: head.hash }, signal));
  if (found.kind !== 'found')
    return { value: null, detail: `block ${head.number} was gone when it was read`, warn: true };
  const block = verifyBlock(found.value, { hash: head.hash });
  // The first blocks of the catch-up come into them: a huge head is not garbage in memory beside those.
  block.buffers.forEach((buffer) => LARGE_BUFFERS.giveBack(buffer));
  const form = { rlp: 'raw blocks', json: 'full JSON blocks', parts: 'raw transactions' }[found.value.form];
  return { value: null, detail: `${form}; block ${block.ref.number} recomputes to its hash` };
}
