import { keccak256 } from 'ethers/crypto';
import { toUtf8Bytes } from 'ethers/utils';
import { devAccounts } from '../accounts.js';
import { CHAIN_ID } from '../genesis.js';
import type { ChainRules } from './chain-rules.js';

const WITHDRAWAL_EVERY = 5;

/** Ethereum at Prague: blocks of different branches differ in fee recipient and randomness. */
export function ethereumRules(seed: string): ChainRules {
  const recipients = devAccounts(seed).map((account) => account.address.toLowerCase());
  return {
    chainId: CHAIN_ID,
    engineFork: () => 'prague',
    admitted: () => 'all',
    attributes({ number, branch, timestamp }) {
      const unique = (name: string): string => keccak256(toUtf8Bytes(`${seed}/${branch}/${number}/${name}`));
      const address = recipients[branch % recipients.length] ?? '';
      const index = `0x${number.toString(16)}`;
      return {
        timestamp: `0x${timestamp.toString(16)}`,
        prevRandao: unique('randao'),
        suggestedFeeRecipient: `0x${unique('fees').slice(-40)}`,
        withdrawals: number % WITHDRAWAL_EVERY === 0 ? [{ index, validatorIndex: '0x1', address, amount: '0x1' }] : [],
        parentBeaconBlockRoot: unique('beacon'),
      };
    },
  };
}
