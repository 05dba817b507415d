import { ETHEREUMJS_METHOD, OP_STACK_METHOD } from './capabilities.js';
import type { EngineIdentity } from './engine.js';

const ENGINE_KINDS = ['geth', 'op-geth', 'reth', 'op-reth', 'ethereumjs', 'unknown'] as const;

type EngineSelfDescription = Pick<EngineIdentity, 'clientVersion' | 'capabilities'>;

export type EngineKind = (typeof ENGINE_KINDS)[number];

/** What lockstep does differently for one kind of EL. */
interface Habits {
  /** In catch-up, how many newPayloads may pass before a forkchoice. */
  readonly maxBlocksPerForkchoice: number;
  /** How often a VALID forkchoice that moved nothing is worth repeating. */
  readonly maxUnmovedRepeats: number;
}

/**
 * What is known beforehand of one kind of EL, chosen by what it says of itself. Behaviour has the last word: every
 * forkchoice is read back, any surprise in a catch-up makes it go block by block, and an EL that moves after the repeats
 * that its profile allows is given all of them from then on.
 */
export interface EngineProfile extends Habits {
  readonly kind: EngineKind;
  /** Where each of it comes from. */
  readonly evidence: Readonly<Record<'kind' | keyof Habits, string>>;
  /** What an operator of this EL should know; lockstep finds out by reading back, without relying on it. */
  readonly known: readonly string[];
}

const GETH_REPEATS =
  'A VALID that moves nothing is final: an ancestor that is skipped, or a stale mapping. Two repeats make sure (engines-measured 2.B, 2.D).';
const GETH_FORKCHOICE =
  'Needs no forkchoice to go on; one per 32 blocks is where the gain flattens (2.2 times the speed), and bounds what a SIGKILL loses (engines-measured 2.H).';
const RETH_REPEATS =
  'VALID and unmoved for some hundred ms where the target is still on disk and no longer canonical; repeating heals it (engines-measured 3.0, reth#23205).';
const RETH_FORKCHOICE =
  'Only what a forkchoice made canonical is written to disk: the rest is memory, and lost at a restart. one per 8 is a quarter slower than one per 32 on op-reth, and as fast as none on reth (engines-measured 3.2, 4).';
const GETH_KILLED =
  'Killed, it comes back where its state was last written and keeps its old blocks mapped above: they are VALID and cannot become the head, and a restart does not help.';

const PROFILES: Readonly<Record<EngineKind, EngineProfile>> = {
  geth: {
    kind: 'geth',
    maxBlocksPerForkchoice: 32,
    maxUnmovedRepeats: 2,
    evidence: {
      kind: 'engine_getClientVersionV1 says go-ethereum (engines-measured 2.G).',
      maxBlocksPerForkchoice: GETH_FORKCHOICE,
      maxUnmovedRepeats: GETH_REPEATS,
    },
    known: [
      GETH_KILLED,
      'Stop it with time to spare: a SIGKILL costs every block since the last clean stop.',
      'A forkchoice moves it back 32 blocks at most; `--engine.maxreorgdepth 0` lifts that.',
    ],
  },
  'op-geth': {
    kind: 'op-geth',
    maxBlocksPerForkchoice: 32,
    maxUnmovedRepeats: 2,
    evidence: {
      kind: `Says go-ethereum as well; its capabilities list ${OP_STACK_METHOD} (engines-measured 2.G).`,
      maxBlocksPerForkchoice: GETH_FORKCHOICE,
      maxUnmovedRepeats: GETH_REPEATS,
    },
    known: [
      GETH_KILLED,
      'A forkchoice for an ancestor moves the labels and never the head.',
      'With `debug` in `--http.api`, debug_setHead is served on the engine port too.',
    ],
  },
  reth: {
    kind: 'reth',
    maxBlocksPerForkchoice: 8,
    maxUnmovedRepeats: Infinity,
    evidence: {
      kind: 'engine_getClientVersionV1 says Reth (engines-measured 4).',
      maxBlocksPerForkchoice: RETH_FORKCHOICE,
      maxUnmovedRepeats: RETH_REPEATS,
    },
    known: [
      'A forkchoice for an ancestor is VALID and changes nothing.',
      'A payload in the wrong method version is INVALID, not an error: that is no verdict on the block.',
    ],
  },
  'op-reth': {
    kind: 'op-reth',
    maxBlocksPerForkchoice: 8,
    maxUnmovedRepeats: Infinity,
    evidence: {
      kind: `Says a name with reth in it, and its capabilities list ${OP_STACK_METHOD} (engines-measured 3.7).`,
      maxBlocksPerForkchoice: RETH_FORKCHOICE,
      maxUnmovedRepeats: RETH_REPEATS,
    },
    known: [
      'A forkchoice for an ancestor is VALID and changes nothing, without `--engine.allow-unwind-canonical-header`.',
      'A payload in the wrong method version is INVALID, not an error: that is no verdict on the block.',
      'Its newest blocks are written late: a restart may lose a few, and they are replayed.',
    ],
  },
  ethereumjs: {
    kind: 'ethereumjs',
    maxBlocksPerForkchoice: 1,
    maxUnmovedRepeats: Infinity,
    evidence: {
      kind: `Tells no version; its capabilities list ${ETHEREUMJS_METHOD}, without a version (engines 11).`,
      maxBlocksPerForkchoice:
        'The stock client executes two payloads ahead of its head and answers SYNCING beyond some dozens (engines 16.6).',
      maxUnmovedRepeats: 'It may say VALID or SYNCING while it still executes (engines 16.6).',
    },
    known: [
      'A forkchoice for an ancestor moves head and labels back.',
      'A forkchoice without labels sets both to its genesis.',
      'Its newest blocks may be lost when it is killed, and are replayed.',
    ],
  },
  unknown: {
    kind: 'unknown',
    maxBlocksPerForkchoice: 1,
    maxUnmovedRepeats: Infinity,
    evidence: {
      kind: 'Whatever else answers.',
      maxBlocksPerForkchoice:
        'Nothing is taken for granted: block by block is what every EL of the specification does.',
      maxUnmovedRepeats: 'Nothing is taken for granted.',
    },
    known: [],
  },
};

/** Every profile, for the document about them. */
export function engineProfiles(): readonly EngineProfile[] {
  return ENGINE_KINDS.map((kind) => PROFILES[kind]);
}

/** The profile of an EL by what it says of itself. */
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
  const name = clientVersion?.toLowerCase();
  if (name === undefined) return capabilities.includes(ETHEREUMJS_METHOD) ? 'ethereumjs' : 'unknown';
  if (name.startsWith('go-ethereum') || name.startsWith('geth')) return opStack ? 'op-geth' : 'geth';
  if (name.includes('reth')) return opStack ? 'op-reth' : 'reth';
  return 'unknown';
}
