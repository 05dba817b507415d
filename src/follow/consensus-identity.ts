import type { ConsensusClient, Source } from '../source/source.js';
import { LockstepError } from '../util/errors.js';

/**
 * Proves that the consensus client of the source is of the chain that its EL serves. False where nothing proves it: the
 * client does not tell, or the EL no longer has the genesis block.
 * @throws LockstepError IDENTITY_CHAIN_ID, IDENTITY_GENESIS, SOURCE_*
 */
export async function proveConsensus(
  consensus: ConsensusClient,
  source: Source,
  chainId: number,
  signal: AbortSignal,
): Promise<boolean> {
  const chain = await consensus.chain(signal);
  if (chain === null) return false;
  if (chain.chainId !== chainId) {
    const detail = `--l2.follow.source.cl ${consensus.name} is of chain ${chain.chainId}, ${source.name} of ${chainId}`;
    throw new LockstepError('IDENTITY_CHAIN_ID', { detail, data: { chainId: chain.chainId, expected: chainId } });
  }
  const { number, hash } = chain.genesis;
  const found = await source.refAt({ number }, signal);
  if (found.kind !== 'found') return false;
  if (found.value.hash !== hash) {
    const detail = `--l2.follow.source.cl ${consensus.name} begins with ${number} ${hash}, ${source.name} has ${found.value.hash} there`;
    throw new LockstepError('IDENTITY_GENESIS', { detail, data: { genesis: hash } });
  }
  return true;
}
