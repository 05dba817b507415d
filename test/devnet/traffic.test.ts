import { describe, expect, it } from '@jest/globals';
import { Transaction } from 'ethers/transaction';
import { devAccounts } from '../../devnet/accounts.js';
import { createGenesis } from '../../devnet/genesis.js';
import { bulkyTransfer } from '../../devnet/producer/bulky-transfer.js';
import { createTraffic, type TrafficOptions } from '../../devnet/producer/traffic.js';

const OPTIONS: TrafficOptions = { seed: 'a', chainId: 1337, txsPerBlock: 30, blobs: false, requests: false };
const FRESH = [0, 0, 0, 0, 0, 0, 0, 0];

describe('the genesis', () => {
  it('is decided by seed and timestamp', () => {
    expect(createGenesis({ seed: 'a', timestamp: 1 })).toEqual(createGenesis({ seed: 'a', timestamp: 1 }));
    expect(createGenesis({ seed: 'a', timestamp: 1 })).not.toEqual(createGenesis({ seed: 'b', timestamp: 1 }));
  });

  it('funds the accounts of the seed and deploys the four system contracts', () => {
    const { alloc } = createGenesis({ seed: 'a', timestamp: 1 });
    const entries = Object.entries(alloc);
    for (const { address } of devAccounts('a')) expect(Object.keys(alloc)).toContain(address.toLowerCase());
    expect(entries.filter(([, account]) => account.code !== undefined).map(([address]) => address.slice(-4))).toEqual(
      expect.arrayContaining(['ac02', '2935', '7002', '7251']),
    );
  });
});

describe('the traffic', () => {
  it('is the same for the same seed, branch, height and nonces, and another one otherwise', () => {
    const traffic = createTraffic(OPTIONS);
    const block = traffic.block(3, 0, FRESH);
    expect(createTraffic(OPTIONS).block(3, 0, FRESH).transactions).toEqual(block.transactions);
    expect(traffic.block(4, 0, FRESH).transactions).not.toEqual(block.transactions);
    expect(traffic.block(3, 1, FRESH).transactions).not.toEqual(block.transactions);
    expect(createTraffic({ ...OPTIONS, seed: 'b' }).block(3, 0, FRESH).transactions).not.toEqual(block.transactions);
  });

  it('counts the nonces on, so that the next block can follow', () => {
    const traffic = createTraffic(OPTIONS);
    const first = traffic.block(1, 0, FRESH);
    const second = traffic.block(2, 0, first.nonces);
    const used = [...first.transactions, ...second.transactions]
      .map(({ raw }) => Transaction.from(raw))
      .map(({ from, nonce }) => `${from} ${nonce}`);
    expect(new Set(used).size).toBe(2 * OPTIONS.txsPerBlock);
    expect(second.nonces.reduce((sum, nonce) => sum + nonce)).toBe(2 * OPTIONS.txsPerBlock);
  });

  it('makes no transaction when none is wanted', () => {
    expect(createTraffic({ ...OPTIONS, txsPerBlock: 0 }).block(1, 0, FRESH).transactions).toEqual([]);
  });

  it('carries a blob with the versioned hash of its commitment in every eighth block', () => {
    const traffic = createTraffic({ ...OPTIONS, txsPerBlock: 1, blobs: true });
    const hashes = [3, 4, 12].map((number) => {
      return traffic.block(number, 0, [1, 0, 0, 0, 0, 0, 0, 0]).transactions[0]!.blobVersionedHashes;
    });
    // sha256 of the commitment 0xc0 00.. with the version byte 0x01 (EIP-4844).
    const zeroBlob = '0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014';
    expect(hashes).toEqual([[], [zeroBlob], [zeroBlob]]);
  });

  it('writes a blob as ethers does', () => {
    const traffic = createTraffic({ ...OPTIONS, txsPerBlock: 1, blobs: true });
    const { raw } = traffic.block(4, 0, [1, 0, 0, 0, 0, 0, 0, 0]).transactions[0]!;
    const read = Transaction.from(raw);
    expect(read.blobs).toHaveLength(1);
    expect(read.serialized).toBe(raw);
  });

  it('writes a bulky transfer as ethers does, signed by the account', () => {
    const [from, to] = devAccounts('a');
    const fees = { gasLimit: 100_000, maxFeePerGas: 100n, maxPriorityFeePerGas: 0n };
    const raw = bulkyTransfer(from!, { chainId: 1337, nonce: 0, to: to!.address, sizeBytes: 300, ...fees });
    const read = Transaction.from(raw);
    expect(read.serialized).toBe(raw);
    expect(read).toMatchObject({
      type: 2,
      from: from!.address,
      to: to!.address,
      value: 0n,
      chainId: 1337n,
      maxFeePerGas: 100n,
    });
    expect(read.data).toBe(`0x${'00'.repeat(300)}`);
  });
});
