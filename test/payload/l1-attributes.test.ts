import { beforeAll, describe, expect, it } from '@jest/globals';
import { AbiCoder } from 'ethers/abi';
import { concat, encodeRlp, getBytes, toBeHex, zeroPadValue } from 'ethers/utils';
import fc from 'fast-check';
import type { L1Origin } from '../../src/chain/l1-origin.js';
import { readL1Origin } from '../../src/payload/l1-attributes.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import { allForms, title, VECTORS } from './vectors.js';

const HASH = `0x${'a1b2'.repeat(16)}`;
const ORIGIN = { number: 21_000_007, hash: HASH, timestamp: 1_731_000_011, sequenceNumber: 4 };

type Origin = typeof ORIGIN;

/** `setL1BlockValues` of Bedrock: plain ABI. */
function bedrock({ number, hash, timestamp, sequenceNumber }: Origin): string {
  const types = ['uint64', 'uint64', 'uint256', 'bytes32', 'uint64', 'bytes32', 'uint256', 'uint256'];
  const values = [number, timestamp, 7n, hash, sequenceNumber, `0x${'be'.repeat(32)}`, 188, 684_000];
  return concat(['0x015d8eb9', AbiCoder.defaultAbiCoder().encode(types, values)]);
}

/** The packed layout of Ecotone; `appended` is what later forks put behind it. */
function packed(selector: string, appended: string) {
  return ({ number, hash, timestamp, sequenceNumber }: Origin): string => {
    const integers = [sequenceNumber, timestamp, number].map((value) => toBeHex(value, 8));
    const scalars = [toBeHex(5_227, 4), toBeHex(1_014_213, 4)];
    const fees = [toBeHex(9n, 32), toBeHex(1n, 32)];
    return concat([selector, ...scalars, ...integers, ...fees, hash, zeroPadValue('0xbe', 32), appended]);
  };
}

const LAYOUTS: readonly (readonly [string, number, (origin: Origin) => string])[] = [
  ['Bedrock', 260, bedrock],
  ['Ecotone', 164, packed('0x440a5e20', '0x')],
  ['Isthmus', 176, packed('0x098999be', `0x${'0f'.repeat(12)}`)],
  ['Jovian', 178, packed('0x3db6be2b', `0x${'0f'.repeat(14)}`)],
];

/** The origin of a block whose first transaction this is. */
function readDeposit(transaction: Buffer): L1Origin | null {
  const text = Buffer.from(transaction.toString('hex'));
  const rlp = { form: 'rlp', text, start: 0, end: text.length } as const;
  return readL1Origin({ rlp, transactions: { starts: [0], ends: [transaction.length] } });
}

function deposit(data: string): Buffer {
  const from = '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001';
  const to = '0x4200000000000000000000000000000000000015';
  return Buffer.from(getBytes(concat(['0x7e', encodeRlp([HASH, from, to, '0x', '0x', '0x0f4240', '0x', data])])));
}

beforeAll(initKeccak);

/** The devnet that made the vectors invented an L1 block per L2 block: without a hash, and some values are zero. */
function originOf(number: number): Origin {
  const timestamp = number < 5 ? 0 : 1_700_000_000 + number;
  return { number, hash: `0x${'00'.repeat(32)}`, timestamp, sequenceNumber: number < 13 ? 0 : number };
}

describe('the L1 origin of a real block', () => {
  it.each(VECTORS.filter(({ chain }) => chain === 'op-forks').map((vector) => [title(vector), vector] as const))(
    '%s is read from every form of the block',
    (_, vector) => {
      for (const fetched of allForms(vector)) {
        expect(readL1Origin(verifyBlock(fetched, { hash: vector.hash }))).toEqual(originOf(vector.number));
      }
    },
  );

  it('is absent on a chain that is not of the OP Stack', () => {
    for (const vector of VECTORS.filter(({ chain }) => chain !== 'op-forks')) {
      expect(readL1Origin(verifyBlock(allForms(vector)[0]!, {}))).toBeNull();
    }
  });
});

describe.each(LAYOUTS)('the attributes of %s', (_, sizeBytes, encode) => {
  const data = encode(ORIGIN);

  it('tell number, hash, timestamp and sequence number', () => {
    expect((data.length - 2) / 2).toBe(sizeBytes);
    expect(readDeposit(deposit(data))).toEqual(ORIGIN);
  });

  it('are read for any values that fit', () => {
    const integer = fc.nat(Number.MAX_SAFE_INTEGER);
    const hash = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
    fc.assert(
      fc.property(fc.record({ number: integer, timestamp: integer, sequenceNumber: integer, hash }), (origin) => {
        expect(readDeposit(deposit(encode(origin)))).toEqual(origin);
      }),
    );
  });

  it('are unknown with a byte too few or too many, or another selector', () => {
    expect(readDeposit(deposit(data.slice(0, -2)))).toBeNull();
    expect(readDeposit(deposit(`${data}00`))).toBeNull();
    expect(readDeposit(deposit(`0x01020304${data.slice(10)}`))).toBeNull();
  });

  it('are unknown where the transaction is cut, spoiled or another, and nothing is thrown', () => {
    const whole = deposit(data);
    for (let length = 0; length < whole.length; length++) expect(readDeposit(whole.subarray(0, length))).toBeNull();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const spoiled = Buffer.from(whole);
        spoiled[at] = byte;
        const origin = readDeposit(spoiled);
        if (origin !== null) expect(Object.keys(origin)).toEqual(Object.keys(ORIGIN));
      }),
    );
  });
});

describe('a deposit that tells no L1 origin', () => {
  it.each([
    ['has no data', deposit('0x')],
    ['has less than a selector', deposit('0x440a5e')],
    ['is of another type', Buffer.concat([Buffer.of(0x02), deposit(bedrock(ORIGIN)).subarray(1)])],
    ['is a string instead of a list', Buffer.from('7e83010203', 'hex')],
    ['has too few fields', Buffer.from('7ec3010203', 'hex')],
    ['has a list for its data', Buffer.from('7ec801010101010101c0', 'hex')],
    [
      'has numbers beyond the safe integers',
      deposit(bedrock(ORIGIN).replace(toBeHex(ORIGIN.number, 8).slice(2), 'ff'.repeat(8))),
    ],
    ['is only its type', Buffer.of(0x7e)],
    ['is empty', Buffer.alloc(0)],
  ])('%s', (_, transaction) => {
    expect(readDeposit(transaction)).toBeNull();
  });

  it('is any text of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readDeposit(Buffer.from([0x7e, ...bytes]))).toBeNull();
      }),
    );
  });
});
