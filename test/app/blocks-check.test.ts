import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkBlocks } from '../../src/app/blocks-check.js';
import type { BlockRef } from '../../src/chain/block.js';
import type { RlpBlock } from '../../src/chain/fetched-block.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import type { Source } from '../../src/source/source.js';
import { LARGE_BUFFERS } from '../../src/util/buffer-pool.js';
import { rlpForm, vectorOf } from '../payload/vectors.js';

const REPLY_BYTES = 200_000;
const VECTOR = vectorOf('cancun');

/** The block of the vector at the start of a large reply, as it comes from the pool. */
function pooledBlock(): RlpBlock {
  const { text, start, end } = rlpForm(VECTOR.rawBlock);
  const reply = LARGE_BUFFERS.take(REPLY_BYTES);
  text.copy(reply);
  return { form: 'rlp', text: reply, start, end };
}

function headOf(block: RlpBlock): BlockRef {
  return verifyBlock(block, { hash: VECTOR.hash }).ref;
}

function sourceOf(block: RlpBlock): Source {
  return { block: () => Promise.resolve({ kind: 'found', value: block }) } as unknown as Source;
}

describe('the check of the blocks before the first engine write', () => {
  beforeAll(initKeccak);

  it('says in which form blocks come, and that the head recomputes to its hash', async () => {
    const block = pooledBlock();
    const { detail } = await checkBlocks(sourceOf(block), headOf(block), null, new AbortController().signal);
    expect(detail).toBe(`raw blocks; block ${VECTOR.number} recomputes to its hash`);
  });

  it('leaves its memory to the blocks that are fetched next, whoever had read the head', async () => {
    const [own, seen] = [pooledBlock(), pooledBlock()];
    const head = headOf(own);
    await checkBlocks(sourceOf(own), head, null, new AbortController().signal);
    const lookup = { kind: 'found', value: seen } as const;
    await checkBlocks(sourceOf(own), head, { ref: head, block: lookup }, new AbortController().signal);
    const next = [LARGE_BUFFERS.take(REPLY_BYTES), LARGE_BUFFERS.take(REPLY_BYTES)];
    expect(next.map(({ buffer }) => buffer)).toEqual(expect.arrayContaining([own.text.buffer, seen.text.buffer]));
  });
});
