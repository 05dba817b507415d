import { beforeAll, describe, expect, it } from '@jest/globals';
import type { BlockRef } from '../../src/chain/block.js';
import { buildPayload } from '../../src/payload/build.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyLink } from '../../src/payload/verify.js';
import { verifyBlock } from './both-hashers.js';
import { expectRefusal } from './refusal.js';
import { encodeRlp } from './reference-rlp.js';
import { encodeDecoded, FIELD, hashOfHeader, rootOf, seal } from './sealed-block.js';
import { canonical, decodeBlock, jsonForm, partsForm, rlpForm, vectorOf, type DecodedBlock } from './vectors.js';
import { paramsOf } from './params-of.js';

const WORD = `0x${'5a'.repeat(32)}` as const;

/** A block that commits to its own changed content: only the rule under test can refuse it. */
function changed(fork: string, change: (block: DecodedBlock) => void): ReturnType<typeof rlpForm> {
  const block = decodeBlock(vectorOf(fork).rawBlock);
  change(block);
  return rlpForm(encodeDecoded(block));
}

beforeAll(initKeccak);

describe('verifyBlock', () => {
  const cancun = vectorOf('cancun');

  it('refuses another block than the hash that was asked for', () => {
    for (const fetched of [rlpForm(cancun.rawBlock), jsonForm(cancun), partsForm(cancun)]) {
      const refusal = expectRefusal(() => verifyBlock(fetched, { hash: WORD }), 'BLOCK_HASH_MISMATCH');
      expect(refusal.data).toEqual({ hash: cancun.hash, expected: WORD });
    }
  });

  it('refuses another block than the number that was asked for', () => {
    const refusal = expectRefusal(
      () => verifyBlock(rlpForm(cancun.rawBlock), { number: cancun.number + 1 }),
      'BLOCK_HASH_MISMATCH',
    );
    expect(refusal.data).toEqual({ number: cancun.number, expected: cancun.number + 1 });
  });

  it('refuses JSON whose own hash is not that of its header', () => {
    const block = { ...cancun.rpcBlock, hash: WORD };
    expectRefusal(() => verifyBlock({ form: 'json', block }, {}), 'BLOCK_HASH_MISMATCH');
    expectRefusal(() => verifyBlock({ ...partsForm(cancun), block }, {}), 'BLOCK_HASH_MISMATCH');
  });

  it('refuses JSON without a hash', () => {
    const block = { ...cancun.rpcBlock, hash: null };
    expectRefusal(() => verifyBlock({ form: 'json', block }, {}), 'BLOCK_MALFORMED');
  });

  it('takes upper-case digits and still names the block in lower case', () => {
    const upper = `0x${cancun.rawBlock.slice(2).toUpperCase()}`;
    const block = verifyBlock(rlpForm(upper), { hash: cancun.hash });
    expect(block.ref.hash).toBe(cancun.hash);
    const payload = (fetched: typeof block): unknown =>
      JSON.parse(buildPayload(fetched).request.toString().toLowerCase());
    expect(payload(block)).toEqual(payload(verifyBlock(rlpForm(cancun.rawBlock), {})));
  });

  it('passes a transaction type it does not know where the block came as RLP', () => {
    const block = verifyBlock(
      changed('cancun', (decoded) => {
        decoded[1].push('0x64c0', '0x7fc0');
        seal(decoded);
      }),
      {},
    );
    expect(buildPayload(block).request.toString()).toContain('"0x64c0","0x7fc0"]');
  });

  it('passes a block without transactions', () => {
    const fetched = changed('shanghai', (decoded) => {
      decoded[1].length = 0;
      seal(decoded);
    });
    const { request, transactionCount } = buildPayload(verifyBlock(fetched, {}));
    expect(transactionCount).toBe(0);
    expect(request.toString()).toContain('"transactions":[],"withdrawals":[{');
  });

  it('takes a missing list of withdrawals as an empty one when the header says so', () => {
    const fetched = changed('canyon', (decoded) => {
      decoded.length = 3;
    });
    const whole = vectorOf('canyon');
    const { withdrawals: _, ...block } = whole.rpcBlock;
    const expected = buildPayload(verifyBlock(rlpForm(whole.rawBlock), {})).request;
    for (const form of [fetched, { form: 'json', block } as const]) {
      expect(buildPayload(verifyBlock(form, { hash: whole.hash })).request.equals(expected)).toBe(true);
    }
  });

  it.each([
    ['pre-merge difficulty', (block: DecodedBlock) => (block[0][FIELD.difficulty] = '0x01')],
    ['a proof-of-work nonce', (block: DecodedBlock) => (block[0][FIELD.nonce] = '0x0000000000000001')],
    ['33 bytes of extraData', (block: DecodedBlock) => (block[0][FIELD.extraData] = `0x${'11'.repeat(33)}`)],
    ['no baseFeePerGas', (block: DecodedBlock) => (block[0].length = FIELD.baseFeePerGas)],
    ['an ommers hash', (block: DecodedBlock) => (block[0][FIELD.sha3Uncles] = WORD)],
  ])('says that a block with %s cannot be replayed', (_, change) => {
    expectRefusal(() => verifyBlock(changed('paris', change), {}), 'BLOCK_NOT_REPLAYABLE');
  });

  it.each([
    ['a block access list hash', 'prague', (block: DecodedBlock) => block[0].push(WORD)],
    ['a slot number', 'prague', (block: DecodedBlock) => block[0].push(WORD, '0x07')],
    ['a field after the slot number', 'prague', (block: DecodedBlock) => block[0].push(WORD, '0x07', WORD)],
    ['part of the fields of Cancun', 'shanghai', (block: DecodedBlock) => block[0].push('0x')],
    ['a body part after the withdrawals', 'prague', (block: DecodedBlock) => (block as unknown[]).push([])],
  ])('says that a block with %s belongs to an unsupported fork', (_, fork, change) => {
    expectRefusal(() => verifyBlock(changed(fork, change), {}), 'BLOCK_UNSUPPORTED_FORK');
  });

  it('says that an Amsterdam block in JSON belongs to an unsupported fork', () => {
    const { rpcBlock, rawBlock } = vectorOf('osaka');
    const decoded = decodeBlock(rawBlock);
    decoded[0].push(WORD, '0x07');
    const block = { ...rpcBlock, blockAccessListHash: WORD, slotNumber: '0x7', hash: hashOfHeader(decoded) };
    expectRefusal(() => verifyBlock({ form: 'json', block }, {}), 'BLOCK_UNSUPPORTED_FORK');
  });

  it.each([
    ['a number beyond 2^53', (block: DecodedBlock) => (block[0][FIELD.number] = '0x20000000000001')],
    ['a timestamp beyond 2^53', (block: DecodedBlock) => (block[0][FIELD.timestamp] = '0x20000000000001')],
    ['an integer of 9 bytes', (block: DecodedBlock) => (block[0][9] = `0x${'11'.repeat(9)}`)],
    ['an integer with a leading zero', (block: DecodedBlock) => (block[0][9] = '0x0011')],
    ['a base fee of 33 bytes', (block: DecodedBlock) => (block[0][FIELD.baseFeePerGas] = `0x${'11'.repeat(33)}`)],
    ['a short parent hash', (block: DecodedBlock) => (block[0][FIELD.parentHash] = WORD.slice(0, -2))],
    ['a header without nonce', (block: DecodedBlock) => (block[0].length = FIELD.nonce)],
  ])('refuses %s', (_, change) => {
    expectRefusal(() => verifyBlock(changed('paris', change), {}), 'BLOCK_MALFORMED');
  });

  it.each([
    ['an ommer in the body', (block: DecodedBlock) => block[2].push([])],
    ['no withdrawals where the header has some', (block: DecodedBlock) => (block.length = 3)],
    ['a withdrawals root that is not there', (block: DecodedBlock) => (block[0].length = FIELD.withdrawalsRoot)],
  ])('refuses %s', (_, change) => {
    expectRefusal(() => verifyBlock(changed('shanghai', change), {}), 'BLOCK_ROOT_MISMATCH');
  });

  it.each([
    ['too few fields', [['0x', '0x', `0x${'11'.repeat(20)}`]]],
    ['too many fields', [['0x', '0x', `0x${'11'.repeat(20)}`, '0x', '0x']]],
    ['a short address', [['0x', '0x', `0x${'11'.repeat(19)}`, '0x']]],
    ['an amount of 9 bytes', [['0x', '0x', `0x${'11'.repeat(20)}`, `0x${'11'.repeat(9)}`]]],
    ['an index with a leading zero', [['0x0011', '0x', `0x${'11'.repeat(20)}`, '0x']]],
    ['a list for an amount', [['0x', '0x', `0x${'11'.repeat(20)}`, []]]],
  ])('refuses a withdrawal with %s', (_, withdrawals) => {
    const fetched = changed('shanghai', (block) => {
      block[3] = withdrawals;
      seal(block);
    });
    expectRefusal(() => verifyBlock(fetched, {}), 'BLOCK_MALFORMED');
  });

  it.each([
    ['no list', '0x03'],
    ['too few fields', encodeRlp(['0x01', '0x02'])],
    ['no list of hashes', encodeRlp(Array.from({ length: 14 }, () => '0x'))],
    ['a short hash', encodeRlp([...Array.from({ length: 10 }, () => '0x'), [WORD.slice(0, -2)]])],
  ])('refuses a blob transaction with %s', (_, body) => {
    const fetched = changed('cancun', (block) => {
      block[1].push(`0x03${body.slice(2)}`);
      seal(block);
    });
    expectRefusal(() => verifyBlock(fetched, {}), 'BLOCK_MALFORMED');
  });

  it('gathers the blob hashes of all blob transactions in order', () => {
    const hashes = ['01', '02', '03'].map((byte) => `0x${byte.repeat(32)}`);
    const blobTransaction = (own: readonly string[]): string => {
      const body = encodeRlp([...Array.from({ length: 10 }, () => '0x'), [...own], '0x', '0x', '0x']);
      return `0x03${body.slice(2)}`;
    };
    const fetched = changed('cancun', (block) => {
      block[1].push(blobTransaction(hashes.slice(0, 2)), blobTransaction([]), blobTransaction(hashes.slice(2)));
      seal(block);
    });
    const [, versionedHashes] = paramsOf(buildPayload(verifyBlock(fetched, {})));
    expect(versionedHashes).toEqual(hashes);
  });
});

describe('verifyBlock of an OP block from Isthmus on', () => {
  it('does not take the withdrawals root for the root of the withdrawals', () => {
    const fetched = changed('isthmus', (block) => (block[0][FIELD.withdrawalsRoot] = WORD));
    const [payload] = paramsOf(buildPayload(verifyBlock(fetched, {}))) as [Record<string, unknown>];
    expect(payload).toMatchObject({ withdrawalsRoot: WORD, withdrawals: [] });
  });

  it('refuses withdrawals', () => {
    const withdrawal = ['0x', '0x', `0x${'11'.repeat(20)}`, '0x'];
    const fetched = changed('jovian', (block) => block[3]?.push(withdrawal));
    expectRefusal(() => verifyBlock(fetched, {}), 'BLOCK_ROOT_MISMATCH');
  });

  it('refuses execution requests', () => {
    const fetched = changed('jovian', (block) => (block[0][FIELD.requestsHash] = WORD));
    expectRefusal(() => verifyBlock(fetched, {}), 'BLOCK_ROOT_MISMATCH');
  });

  it('checks the withdrawals root again where no deposit comes first', () => {
    const fetched = changed('isthmus', (block) => {
      block[1] = block[1].filter((transaction) => typeof transaction !== 'string' || !transaction.startsWith('0x7e'));
      block[0][FIELD.transactionsRoot] = rootOf(block[1].map(canonical));
    });
    expectRefusal(() => verifyBlock(fetched, {}), 'BLOCK_ROOT_MISMATCH');
  });
});

describe('verifyLink', () => {
  const parent: BlockRef = { number: 7, hash: `0x${'07'.repeat(32)}`, parentHash: WORD, timestamp: 100 };
  const child: BlockRef = { number: 8, hash: `0x${'08'.repeat(32)}`, parentHash: parent.hash, timestamp: 101 };

  it('accepts the next block', () => {
    expect(() => verifyLink(parent, child)).not.toThrow();
  });

  it.each([
    ['another parent', { parentHash: WORD }],
    ['the number of its parent', { number: 7 }],
    ['a number that leaves one out', { number: 9 }],
    ['the timestamp of its parent', { timestamp: 100 }],
    ['an older timestamp', { timestamp: 99 }],
  ])('refuses a block with %s', (_, change) => {
    expectRefusal(() => verifyLink(parent, { ...child, ...change }), 'BLOCK_LINK_MISMATCH');
  });
});
