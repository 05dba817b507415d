import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import { HEADER_FIELDS } from '../../src/payload/header.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from './both-hashers.js';
import type { Hex } from '../../src/util/hex.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { refusalOf } from './refusal.js';
import { encodeDecoded } from './sealed-block.js';
import { allForms, decodeBlock, jsonForm, partsForm, rlpForm, title, VECTORS, type Vector } from './vectors.js';

const DYNAMIC_FEE = ['chainId', 'nonce', 'maxPriorityFeePerGas', 'maxFeePerGas', 'gas', 'to', 'value', 'input'];
const SIGNATURE = ['yParity', 'r', 's'];

/** The members of a transaction's JSON that are part of the transaction; the others are told by the node. */
const SIGNED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '0x0': ['nonce', 'gasPrice', 'gas', 'to', 'value', 'input', 'v', 'r', 's'],
  '0x1': ['chainId', 'nonce', 'gasPrice', 'gas', 'to', 'value', 'input', ...SIGNATURE],
  '0x2': [...DYNAMIC_FEE, ...SIGNATURE],
  '0x3': [...DYNAMIC_FEE, 'maxFeePerBlobGas', ...SIGNATURE],
  '0x4': [...DYNAMIC_FEE, ...SIGNATURE],
  '0x7e': ['sourceHash', 'from', 'to', 'mint', 'value', 'gas', 'input'],
};

const WITH_TRANSACTIONS = VECTORS.filter(({ rpcBlock }) => rpcBlock.transactions.length > 1);

/** A random vector, which a counterexample shows by its title and not by its content. */
function anyOf(vectors: readonly Vector[]): fc.Arbitrary<{ readonly vector: Vector }> {
  return fc.constantFrom(...vectors).map((vector) => ({ vector, [fc.toStringMethod]: () => title(vector) }));
}

/** Every refusal is about the block, and none is an accident. */
function expectBlockRefused(fetched: FetchedBlock, vector: Vector | null): void {
  const refusal = refusalOf(() => verifyBlock(fetched, vector === null ? {} : { hash: vector.hash }));
  expect(refusal.code).toMatch(/^BLOCK_/);
}

/** Other hex text of the same length. */
function otherDigits(value: JsonValue | undefined, position: number, step: number): string {
  if (typeof value !== 'string' || value === '0x') return '0x01';
  const at = 2 + (position % (value.length - 2));
  const digit = (Number.parseInt(value.charAt(at), 16) + 1 + (step % 15)) % 16;
  return value.slice(0, at) + digit.toString(16) + value.slice(at + 1);
}

function withTransactions(vector: Vector, transactions: readonly JsonObject[]): FetchedBlock {
  return { form: 'json', block: { ...vector.rpcBlock, transactions } };
}

/** The block in all three forms, with its transactions rearranged in the same way. */
function rearranged(vector: Vector, rearrange: <T>(transactions: readonly T[]) => T[]): FetchedBlock[] {
  const [header, transactions, ...others] = decodeBlock(vector.rawBlock);
  const parts = partsForm(vector);
  return [
    rlpForm(encodeDecoded([header, rearrange(transactions), ...others])),
    withTransactions(vector, rearrange(vector.rpcBlock.transactions)),
    { ...parts, transactions: rearrange(parts.transactions) },
  ];
}

beforeAll(initKeccak);

describe('a block of the source is refused', () => {
  it('when any bit of its RLP is flipped', () => {
    fc.assert(
      fc.property(anyOf(VECTORS), fc.nat(), fc.nat(7), ({ vector }, position, bit) => {
        const bytes = Buffer.from(vector.rawBlock.slice(2), 'hex');
        const at = position % bytes.length;
        bytes[at] = bytes[at]! ^ (1 << bit);
        expectBlockRefused(rlpForm(`0x${bytes.toString('hex')}`), vector);
      }),
      { numRuns: 3_000 },
    );
  });

  it('when any header field of its RLP is changed, whichever block it is', () => {
    for (const vector of VECTORS) {
      const [header, ...body] = decodeBlock(vector.rawBlock);
      header.forEach((field, index) => {
        const changed = header.with(index, otherDigits(field, 0, index));
        expectBlockRefused(rlpForm(encodeDecoded([changed, ...body])), vector);
      });
    }
  });

  it('when any header field of its JSON is changed, is absent or is of another type', () => {
    fc.assert(
      fc.property(
        anyOf(VECTORS),
        fc.constantFrom(...HEADER_FIELDS),
        fc.nat(),
        fc.nat(),
        ({ vector }, [name], position, step) => {
          const value = vector.rpcBlock[name];
          fc.pre(value !== undefined);
          for (const other of [otherDigits(value, position, step), null, 7, true, [], {}, '', `${value as string}1`]) {
            const block = { ...vector.rpcBlock, [name]: other };
            expectBlockRefused({ form: 'json', block }, null);
            expectBlockRefused({ ...partsForm(vector), block }, null);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('when any field of a transaction in its JSON is changed', () => {
    fc.assert(
      fc.property(
        anyOf(WITH_TRANSACTIONS),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        ({ vector }, index, name, position, step) => {
          const { transactions } = vector.rpcBlock;
          const at = index % transactions.length;
          const transaction = transactions[at]!;
          const names = SIGNED_FIELDS[transaction['type'] as string]!;
          const field = names[name % names.length]!;
          const changed = { ...transaction, [field]: otherDigits(transaction[field], position, step) };
          expectBlockRefused(withTransactions(vector, transactions.with(at, changed)), null);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('when any byte of a transaction among its parts is changed', () => {
    fc.assert(
      fc.property(anyOf(WITH_TRANSACTIONS), fc.nat(), fc.nat(), fc.nat(), ({ vector }, index, position, step) => {
        const parts = partsForm(vector);
        const at = index % parts.transactions.length;
        const changed = otherDigits(parts.transactions[at], position, step) as Hex;
        expectBlockRefused({ ...parts, transactions: parts.transactions.with(at, changed) }, null);
      }),
      { numRuns: 1_000 },
    );
  });

  it('when a transaction is dropped, doubled, or has changed places', () => {
    fc.assert(
      fc.property(anyOf(WITH_TRANSACTIONS), fc.nat(), fc.nat(), ({ vector }, first, second) => {
        const count = vector.rpcBlock.transactions.length;
        const a = first % count;
        const b = (a + 1 + (second % (count - 1))) % count;
        const changes = [
          ...rearranged(vector, (list) => list.toSpliced(a, 1)),
          ...rearranged(vector, (list) => list.toSpliced(a, 0, list[b]!)),
          ...rearranged(vector, (list) => list.with(a, list[b]!).with(b, list[a]!)),
          ...rearranged(vector, () => []),
        ];
        for (const changed of changes) expectBlockRefused(changed, vector);
      }),
      { numRuns: 150 },
    );
  });

  it('when a withdrawal is changed, dropped, doubled or added', () => {
    const shanghai = VECTORS.filter(({ rpcBlock }) => Array.isArray(rpcBlock['withdrawals']));
    for (const vector of shanghai) {
      const withdrawals = vector.rpcBlock['withdrawals'] as readonly JsonObject[];
      const added = { index: '0x0', validatorIndex: '0x0', address: `0x${'11'.repeat(20)}`, amount: '0x1' };
      const changes: (readonly JsonObject[])[] = [[...withdrawals, added]];
      withdrawals.forEach((withdrawal, at) => {
        changes.push(withdrawals.toSpliced(at, 1), withdrawals.toSpliced(at, 0, withdrawal));
        for (const field of ['index', 'validatorIndex', 'address', 'amount']) {
          changes.push(withdrawals.with(at, { ...withdrawal, [field]: otherDigits(withdrawal[field], 3, at) }));
        }
      });
      for (const changed of changes) {
        const block = { ...vector.rpcBlock, withdrawals: changed };
        expectBlockRefused({ form: 'json', block }, null);
        expectBlockRefused({ ...partsForm(vector), block }, null);
      }
    }
    expect(shanghai.length).toBeGreaterThan(20);
  });

  it('never when it is as it was served', () => {
    for (const vector of VECTORS) {
      for (const fetched of [...allForms(vector), ...rearranged(vector, (list) => [...list])]) {
        expect(verifyBlock(fetched, { hash: vector.hash }).ref.hash).toBe(vector.hash);
      }
      expect(verifyBlock(jsonForm(vector), {}).ref.number).toBe(vector.number);
    }
  });
});
