import type { EngineIdentity } from '../engine/engine.js';
import { supportsOpStack } from '../engine/profile.js';
import { verifyBlock } from '../payload/verify.js';
import type { Source } from '../source/source.js';
import { asLockstepError, LockstepError } from '../util/errors.js';

interface Passed {
  readonly value: null;
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
): Promise<Passed> {
  if (engine === null)
    throw new LockstepError('INTERNAL', { detail: 'the OP Stack is checked before the EL answered' });
  const isOpStack = await hasOpStackBlocks(source, signal);
  if (isOpStack === null) return { value: null, detail: 'the source has no block yet that tells its kind of chain' };
  if (!isOpStack) return { value: null, detail: 'not an OP Stack chain' };
  const name = engine.clientVersion ?? 'an EL that does not say what it is';
  const supported = supportsOpStack(engine);
  if (supported === false) throw new LockstepError('ENGINE_NOT_OP_STACK', { detail: `the EL is ${name}` });
  if (supported) return { value: null, detail: `an OP Stack chain, and an EL that knows it (${name})` };
  return { value: null, detail: `an OP Stack chain: make sure that the EL knows its rules (${name})`, warn: true };
}

/** Null where no block can tell. One that cannot be verified is for the check of the blocks to report. */
async function hasOpStackBlocks(source: Source, signal: AbortSignal): Promise<boolean | null> {
  const head = await source.head(signal);
  if (head.number === 0) return null;
  const found = await source.block({ hash: head.hash }, signal);
  if (found.kind !== 'found') return null;
  try {
    return verifyBlock(found.value, { hash: head.hash }).isOpStack;
  } catch (thrown) {
    if (asLockstepError(thrown).code.startsWith('BLOCK_')) return null;
    throw thrown;
  }
}
