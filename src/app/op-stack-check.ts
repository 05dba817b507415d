import type { BlockRef } from '../chain/block.js';
import type { FetchedBlock } from '../chain/fetched-block.js';
import type { EngineIdentity } from '../engine/engine.js';
import { supportsOpStack } from '../engine/profile.js';
import { verifyBlock } from '../payload/verify.js';
import type { Lookup, Source } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';

/** The source's head as the check saw it: nothing is asked twice. */
export interface SeenHead {
  readonly ref: BlockRef;
  /** Null at genesis. */
  readonly block: Lookup<FetchedBlock> | null;
}

/** What a check found that did not fail. */
export interface Passed<T> {
  readonly value: T;
  readonly detail: string;
  readonly warn?: boolean;
}

/**
 * An EL without the rules of the OP Stack refuses every block of such a chain, and says so in words that name another
 * cause; its genesis differs as well from Isthmus on. So this comes before the genesis is compared.
 * @throws LockstepError ENGINE_NOT_OP_STACK, SOURCE_*, ABORTED
 */
export async function checkOpStack(
  source: Source,
  engine: EngineIdentity | null,
  signal: AbortSignal,
): Promise<Passed<SeenHead>> {
  if (engine === null)
    throw new LockstepError('INTERNAL', { detail: 'the OP Stack is checked before the EL answered' });
  const ref = await source.head(signal);
  const value = { ref, block: ref.number === 0 ? null : await source.block({ hash: ref.hash }, signal) };
  const isOpStack = startsWithDeposit(value);
  if (isOpStack === null) return { value, detail: 'the source has no block yet that tells its kind of chain' };
  if (!isOpStack) return { value, detail: 'not an OP Stack chain' };
  const name = engine.clientVersion ?? 'an EL that does not say what it is';
  const supported = supportsOpStack(engine);
  if (supported === false) throw new LockstepError('ENGINE_NOT_OP_STACK', { detail: `the EL is ${name}` });
  if (supported) return { value, detail: `an OP Stack chain, and an EL that knows it (${name})` };
  return { value, detail: `an OP Stack chain: make sure that the EL knows its rules (${name})`, warn: true };
}

/** Null where no block can tell. One that cannot be verified is for the check of the blocks to report. */
function startsWithDeposit({ ref, block }: SeenHead): boolean | null {
  if (block?.kind !== 'found') return null;
  try {
    return verifyBlock(block.value, { hash: ref.hash }).isOpStack;
  } catch (thrown) {
    if (asLockstepError(thrown).code.startsWith('BLOCK_')) return null;
    throw thrown;
  }
}
