import { id, Wallet } from 'ethers';

const ACCOUNT_COUNT = 8;

/** The funded accounts of a devnet, derived from its seed. Their keys are public knowledge: never use them elsewhere. */
export function devAccounts(seed: string): readonly Wallet[] {
  return Array.from(
    { length: ACCOUNT_COUNT },
    (_, index) => new Wallet(id(`lockstep devnet account ${seed} ${index}`)),
  );
}

/** One more funded account where transactions come through the pool, so that a check never meets the nonces of a load. */
export function smokeWallet(seed: string): Wallet {
  return new Wallet(id(`lockstep devnet smoke ${seed}`));
}
