import { describe, expect, it } from '@jest/globals';
import { Signature } from 'ethers/crypto';
import { Transaction } from 'ethers/transaction';
import { encodeRlp, toBeHex } from 'ethers/utils';
import { Wallet } from 'ethers/wallet';
import type { TransactionLike } from 'ethers';
import fc from 'fast-check';
import type { JsonObject } from '../../src/util/json.js';
import { encode, itemOf, quantity, served } from './served-transaction.js';

const WALLET = new Wallet(`0x${'46'.repeat(32)}`);
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

const hex = (sizeBytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: sizeBytes, maxLength: sizeBytes })
    .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const integer = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n), fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }));
/** Half of all r and s begin with zero bytes here. */
const word = fc.oneof(fc.bigInt({ min: 1n, max: 2n ** 240n }), fc.bigInt({ min: 1n, max: HALF_ORDER - 1n }));
const signature = fc.record({ r: word, s: word, yParity: fc.constantFrom(0 as const, 1 as const) });
const anyData = fc.uint8Array({ maxLength: 300 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const target = fc.option(hex(20));

const fields = fc.record({
  nonce: fc.oneof(fc.constantFrom(0, 127, 128, 256), fc.nat()),
  gasLimit: integer(63),
  value: integer(256),
  data: anyData,
  chainId: fc.bigInt({ min: 1n, max: 2n ** 52n }),
});
const accessList = fc.array(fc.record({ address: hex(20), storageKeys: fc.array(hex(32), { maxLength: 4 }) }), {
  maxLength: 4,
});
const authorization = fc.record({ address: hex(20), nonce: integer(64), chainId: integer(52), signature });

interface Signed {
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: 0 | 1;
}

function signed(like: TransactionLike, { r, s, yParity }: Signed): Transaction {
  const tx = Transaction.from(like);
  tx.signature = Signature.from({ r: toBeHex(r, 32), s: toBeHex(s, 32), yParity });
  return tx;
}

describe('the encoding of a transaction from JSON', () => {
  it('is that of ethers for legacy transactions with and without a chain id', () => {
    fc.assert(
      fc.property(
        fields,
        target,
        integer(200),
        signature,
        fc.boolean(),
        (own, to, gasPrice, { r, s, yParity }, is155) => {
          const chainId = is155 ? own.chainId : 0n;
          const tx = Transaction.from({ ...own, chainId, type: 0, to, gasPrice });
          const v = is155 ? chainId * 2n + 35n + BigInt(yParity) : 27n + BigInt(yParity);
          tx.signature = Signature.from({ r: toBeHex(r, 32), s: toBeHex(s, 32), v });
          expect(encode(served(tx))).toBe(itemOf(tx.serialized));
        },
      ),
    );
  });

  it('is that of ethers for access list transactions', () => {
    fc.assert(
      fc.property(fields, target, integer(200), accessList, signature, (own, to, gasPrice, list, by) => {
        const tx = signed({ ...own, type: 1, to, gasPrice, accessList: list }, by);
        expect(encode(served(tx))).toBe(itemOf(tx.serialized));
      }),
    );
  });

  it('is that of ethers for dynamic fee transactions', () => {
    fc.assert(
      fc.property(fields, target, integer(200), accessList, signature, (own, to, fee, list, by) => {
        const tx = signed(
          { ...own, type: 2, to, maxFeePerGas: fee, maxPriorityFeePerGas: fee / 3n, accessList: list },
          by,
        );
        expect(encode(served(tx))).toBe(itemOf(tx.serialized));
      }),
    );
  });

  it('is that of ethers for blob transactions', () => {
    const hashes = fc.array(hex(32), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fields, hex(20), integer(200), hashes, signature, (own, to, fee, blobVersionedHashes, by) => {
        const fees = { maxFeePerGas: fee, maxPriorityFeePerGas: fee / 2n, maxFeePerBlobGas: fee };
        const tx = signed({ ...own, ...fees, type: 3, to, blobVersionedHashes, accessList: [] }, by);
        expect(encode(served(tx))).toBe(itemOf(tx.serialized));
      }),
    );
  });

  it('is that of ethers for set-code transactions', () => {
    const authorizations = fc.array(authorization, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fields, hex(20), accessList, authorizations, signature, (own, to, list, authorized, by) => {
        const authorizationList = authorized.map(({ signature: { r, s, yParity }, ...tuple }) => {
          return { ...tuple, signature: Signature.from({ r: toBeHex(r, 32), s: toBeHex(s, 32), yParity }) };
        });
        const fees = { maxFeePerGas: 7n, maxPriorityFeePerGas: 0n };
        const tx = signed({ ...own, ...fees, type: 4, to, accessList: list, authorizationList }, by);
        expect(encode(served(tx))).toBe(itemOf(tx.serialized));
      }),
    );
  });

  it('is that of what a wallet signs', async () => {
    const authorization = await WALLET.authorize({ address: WALLET.address, nonce: 1n, chainId: 10n });
    const common = { chainId: 10n, nonce: 1, gasLimit: 100_000n, to: WALLET.address, value: 5n, data: '0x00ff' };
    const dynamic = { ...common, maxFeePerGas: 9n, maxPriorityFeePerGas: 2n };
    for (const like of [
      { ...common, type: 0, gasPrice: 7n },
      { ...common, type: 0, gasPrice: 7n, chainId: 0n },
      { ...common, type: 1, gasPrice: 7n },
      { ...dynamic, type: 2 },
      { ...dynamic, type: 2, to: null },
      { ...dynamic, type: 3, maxFeePerBlobGas: 3n, blobVersionedHashes: [`0x01${'22'.repeat(31)}`] },
      { ...dynamic, type: 4, authorizationList: [authorization] },
    ]) {
      const serialized = await WALLET.signTransaction(like);
      expect(encode(served(Transaction.from(serialized)))).toBe(itemOf(serialized));
    }
  });

  it('takes r and s with all their leading zeros, and as zero', () => {
    const tx = signed({ type: 2, chainId: 10n, nonce: 1, gasLimit: 1n }, { r: 1n, s: 0x7fn, yParity: 1 });
    expect(encode({ ...served(tx), r: toBeHex(1, 32), s: toBeHex(0x7f, 32) })).toBe(itemOf(tx.serialized));
    const unsigned = encode({ ...served(tx), r: '0x0', s: toBeHex(0, 32) });
    expect(unsigned.endsWith('018080')).toBe(true);
  });

  it.each([0, 1] as const)('reads parity %d from every v that old nodes serve', (yParity) => {
    const tx = signed({ type: 2, chainId: 10n, nonce: 1, gasLimit: 1n }, { r: 9n, s: 8n, yParity });
    const { yParity: _, ...old } = served(tx);
    for (const v of [yParity, 27 + yParity, 35 + 2 * 10 + yParity, 35 + 2 * 8453 + yParity]) {
      expect(encode({ ...old, v: quantity(v) })).toBe(itemOf(tx.serialized));
      expect(encode({ ...old, v: quantity(v), yParity: null })).toBe(itemOf(tx.serialized));
    }
  });

  it('prefers yParity to v', () => {
    const tx = signed({ type: 2, chainId: 10n, nonce: 1, gasLimit: 1n }, { r: 9n, s: 8n, yParity: 1 });
    expect(encode({ ...served(tx), v: '0x1b' })).toBe(itemOf(tx.serialized));
  });

  it('takes a transaction without type for a legacy one, and a missing access list for an empty one', () => {
    const legacy = Transaction.from({ type: 0, chainId: 0n, nonce: 1, gasLimit: 1n, gasPrice: 1n });
    legacy.signature = Signature.from({ r: toBeHex(9, 32), s: toBeHex(8, 32), v: 28 });
    const { type: _, ...untyped } = served(legacy);
    expect(encode(untyped)).toBe(itemOf(legacy.serialized));
    const typed = signed({ type: 1, chainId: 10n, nonce: 1, gasLimit: 1n, gasPrice: 1n }, { r: 9n, s: 8n, yParity: 0 });
    expect(encode({ ...served(typed), accessList: null })).toBe(itemOf(typed.serialized));
  });

  it('keeps an authorization whose parity is out of range, which is mined and then skipped', () => {
    const zeroParity = Signature.from({ r: toBeHex(9, 32), s: toBeHex(8, 32), yParity: 0 });
    const authorizationList = [{ address: WALLET.address, nonce: 0n, chainId: 0n, signature: zeroParity }];
    const fees = { maxFeePerGas: 7n, maxPriorityFeePerGas: 1n };
    const like = { ...fees, type: 4, chainId: 10n, nonce: 1, gasLimit: 1n, to: WALLET.address, authorizationList };
    const json = served(signed(like, { r: 9n, s: 8n, yParity: 0 }));
    const [tuple] = json['authorizationList'] as JsonObject[];
    const item = encode({ ...json, authorizationList: [{ ...tuple!, yParity: '0x1b' }] });
    expect(item).toContain(encodeRlp(['0x', WALLET.address, '0x', '0x1b', '0x09', '0x08']).slice(2));
  });
});
