import { OP_STACK_METHOD } from './capabilities.js';
import type { EngineIdentity } from './engine.js';

type EngineSelfDescription = Pick<EngineIdentity, 'clientVersion' | 'capabilities'>;

export type EngineKind = 'geth' | 'op-geth' | 'reth' | 'op-reth' | 'unknown';

/** What is known beforehand of one kind of EL. Behaviour is always confirmed by reading back. */
export interface EngineProfile {
  readonly kind: EngineKind;
  /** In catch-up, how many newPayloads may pass before a forkchoice. */
  readonly maxBlocksPerForkchoice: number;
  /** How often a VALID forkchoice that moved nothing is worth repeating. */
  readonly maxUnmovedRepeats: number;
}

/**
 * reth persists only up to its canonical head and stalls 16 blocks above it: 8 keeps clear of that. geth needs no
 * forkchoice at all; 32 is where the gain flattens, and bounds what a SIGKILL loses. An EL that is not known gets a
 * forkchoice per block.
 *
 * A geth that answers VALID and stays will stay (an ancestor it skips, a stale mapping); two repeats make sure. reth
 * does so for up to some hundred ms after a reorg, and then moves.
 */
const PROFILES: Readonly<Record<EngineKind, EngineProfile>> = {
  geth: { kind: 'geth', maxBlocksPerForkchoice: 32, maxUnmovedRepeats: 2 },
  'op-geth': { kind: 'op-geth', maxBlocksPerForkchoice: 32, maxUnmovedRepeats: 2 },
  reth: { kind: 'reth', maxBlocksPerForkchoice: 8, maxUnmovedRepeats: Infinity },
  'op-reth': { kind: 'op-reth', maxBlocksPerForkchoice: 8, maxUnmovedRepeats: Infinity },
  unknown: { kind: 'unknown', maxBlocksPerForkchoice: 1, maxUnmovedRepeats: Infinity },
};

/** The profile of an EL by what it says of itself; `unknown` where it says nothing (the ethereumjs client). */
export function engineProfile(identity: EngineSelfDescription): EngineProfile {
  return PROFILES[kindOf(identity)];
}

/** ELs of Ethereum that refuse every block of an OP Stack chain. Forks of them go by names of their own. */
const ETHEREUM_ONLY = /^(go-ethereum|geth|reth)\b/i;

/** Whether an EL knows the rules of the OP Stack; null where nothing tells. */
export function supportsOpStack({ clientVersion, capabilities }: EngineSelfDescription): boolean | null {
  if (capabilities.includes(OP_STACK_METHOD) || /^op-/i.test(clientVersion ?? '')) return true;
  return clientVersion !== null && ETHEREUM_ONLY.test(clientVersion) ? false : null;
}

function kindOf({ clientVersion, capabilities }: EngineSelfDescription): EngineKind {
  const opStack = capabilities.includes(OP_STACK_METHOD);
  const name = clientVersion?.toLowerCase() ?? '';
  if (name.startsWith('go-ethereum') || name.startsWith('geth')) return opStack ? 'op-geth' : 'geth';
  if (name.includes('reth')) return opStack ? 'op-reth' : 'reth';
  return 'unknown';
}
