import { beforeAll, describe, expect, it } from '@jest/globals';
import { claimedRef } from '../../src/payload/claimed-ref.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow, realBlock } from '../follow/blocks.js';
import { block, refOf } from '../source/fixture.js';

beforeAll(() => initKeccak());

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof LockstepError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

describe('the ref that a block claims', () => {
  it('is that of its header where it is RLP', () => {
    for (const { fetched, ref } of grow(null, 20, 'a')) expect(claimedRef(fetched)).toEqual(ref);
  });

  it('is the one that verification finds', () => {
    const [{ fetched }] = grow(null, 3, 'a').slice(-1) as [ReturnType<typeof grow>[number]];
    expect(claimedRef(fetched)).toEqual(verifyBlock(fetched, {}).ref);
  });

  it('is that of its fields where it is JSON, and not recomputed', () => {
    expect(claimedRef({ form: 'json', block: block(7) })).toEqual(refOf(7));
    expect(claimedRef({ form: 'parts', block: block(7), transactions: [] })).toEqual(refOf(7));
  });

  it.each(['0x', '0xc0', '0xc1', '0xf90100', '0xc180', `0xf9ffff${'f9ffff'.repeat(10)}`, '0xzz'])(
    'is refused where there is no header: %s',
    (rlp) => {
      expect(codeOf(() => claimedRef(realBlock(refOf(1), rlp).fetched))).toBe('BLOCK_MALFORMED');
    },
  );

  it('is refused where the header is longer than any, before all of it is read', () => {
    const header = `fa010000${'80'.repeat(0x10000)}`;
    const rlp = `0xfa010004${header}`;
    expect(codeOf(() => claimedRef(realBlock(refOf(1), rlp).fetched))).toBe('BLOCK_MALFORMED');
  });

  it.each(['number', 'hash', 'parentHash', 'timestamp'])('is refused for JSON without its %s', (field) => {
    expect(codeOf(() => claimedRef({ form: 'json', block: block(7, { [field]: null }) }))).toBe('BLOCK_MALFORMED');
  });
});
