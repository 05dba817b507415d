import { describe, expect, it } from '@jest/globals';
import { id } from 'ethers/hash';
import { decodeRlp } from 'ethers/utils';
import { type OpForkSchedule } from '../../devnet/op-stack/genesis.js';
import { opRules } from '../../devnet/op-stack/rules.js';
import type { PayloadAttributes } from '../../devnet/producer/engine-driver.js';
import type { BlockPlace } from '../../devnet/producer/chain-rules.js';

const GENESIS = 1_000;

/** Block n stands n seconds after genesis. */
const FORKS: OpForkSchedule = {
  regolith: 3,
  canyon: 6,
  ecotone: 9,
  fjord: 12,
  granite: 15,
  holocene: 18,
  isthmus: 21,
  jovian: 24,
};
const RULES = opRules({ seed: 'a', forks: FORKS, genesisTimestamp: GENESIS });

function place(number: number, branch = 0): BlockPlace {
  const parent = { number: number - 1, hash: '0x', parentHash: '0x', timestamp: GENESIS + number - 1 } as const;
  return { parent, number, timestamp: GENESIS + number, branch };
}

function attributes(number: number, branch = 0): PayloadAttributes {
  return RULES.attributes(place(number, branch));
}

/** [sourceHash, from, to, mint, value, gas, isSystemTx, data] of the first transaction. */
function attributesDeposit(number: number): readonly string[] {
  const [first = ''] = attributes(number).transactions ?? [];
  return decodeRlp(`0x${first.slice(4)}`) as string[];
}

const LAYOUTS = {
  bedrock: 'setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)',
  ecotone: 'setL1BlockValuesEcotone()',
  isthmus: 'setL1BlockValuesIsthmus()',
  jovian: 'setL1BlockValuesJovian()',
};

describe('the L1 attributes of an OP block', () => {
  it.each([
    [1, 'bedrock', 260],
    [9, 'bedrock', 260],
    [10, 'ecotone', 164],
    [21, 'ecotone', 164],
    [22, 'isthmus', 176],
    [24, 'isthmus', 176],
    [25, 'jovian', 178],
  ] as const)(
    'of block %d have the layout of %s: the first block of a fork keeps the old one',
    (number, fork, bytes) => {
      const data = attributesDeposit(number)[7] ?? '';
      expect(data.slice(0, 10)).toBe(id(LAYOUTS[fork]).slice(0, 10));
      expect((data.length - 2) / 2).toBe(bytes);
    },
  );

  it('are a system transaction before Regolith only', () => {
    const [before, after] = [attributesDeposit(2), attributesDeposit(3)];
    expect([before[5], before[6]]).toEqual(['0x08f0d180', '0x01']);
    expect([after[5], after[6]]).toEqual(['0x0f4240', '0x']);
  });

  it('have another source hash in every block', () => {
    const hashes = Array.from({ length: 30 }, (_, index) => attributesDeposit(index + 1)[0]);
    expect(new Set(hashes).size).toBe(30);
  });
});

describe('the attributes of an OP block', () => {
  it('have the fields of its fork, and no others', () => {
    const fields = (number: number): string[] =>
      ['withdrawals', 'parentBeaconBlockRoot', 'eip1559Params', 'minBaseFee'].filter(
        (field) => field in attributes(number),
      );
    expect(fields(5)).toEqual([]);
    expect(fields(6)).toEqual(['withdrawals']);
    expect(fields(9)).toEqual(['withdrawals', 'parentBeaconBlockRoot']);
    expect(fields(18)).toEqual(['withdrawals', 'parentBeaconBlockRoot', 'eip1559Params']);
    expect(fields(24)).toEqual(['withdrawals', 'parentBeaconBlockRoot', 'eip1559Params', 'minBaseFee']);
    expect(attributes(24).minBaseFee).toBe(500_000_000);
  });

  it('share randomness and beacon root with the six blocks of their epoch, on one branch', () => {
    const ofBlock = (number: number, branch = 0): unknown => {
      const { prevRandao, parentBeaconBlockRoot } = attributes(number, branch);
      return { prevRandao, parentBeaconBlockRoot };
    };
    for (const number of [14, 15, 16, 17, 18]) expect(ofBlock(number)).toEqual(ofBlock(13));
    expect(ofBlock(19)).not.toEqual(ofBlock(18));
    expect(ofBlock(18, 1)).not.toEqual(ofBlock(18));
  });

  it('hold deposits of users in the first block of an epoch only, and not in each', () => {
    const counts = Array.from({ length: 24 }, (_, index) => (attributes(index + 1).transactions ?? []).length);
    expect(counts.filter((count, index) => count > 1 && index % 6 !== 0)).toEqual([]);
    expect(counts.filter((count) => count === 2)).toHaveLength(3);
  });
});

describe('the transactions of users', () => {
  it('have no place in the blocks in which contracts are upgraded, and no type 4 before Isthmus', () => {
    const admitted = (number: number): string => RULES.admitted(place(number));
    expect([9, 12, 21, 24].map(admitted)).toEqual(['none', 'none', 'none', 'none']);
    expect([1, 3, 6, 10, 15, 18, 20].map(admitted)).toEqual(Array.from({ length: 7 }, () => 'before-prague'));
    expect([22, 25].map(admitted)).toEqual(['all', 'all']);
  });
});

describe('the methods of the Engine API', () => {
  it('are those of the Ethereum fork that the OP fork goes with', () => {
    const forks = [1, 5, 6, 8, 9, 20, 21, 25].map((number) => RULES.engineFork(place(number)));
    expect(forks).toEqual(['paris', 'paris', 'shanghai', 'shanghai', 'cancun', 'cancun', 'prague', 'prague']);
  });
});
