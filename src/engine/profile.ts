import { ETHEREUMJS_METHOD, OP_STACK_METHOD } from './capabilities.js';
import type { EngineIdentity, EngineKind, EngineProfile } from './engine.js';

type EngineSelfDescription = Pick<EngineIdentity, 'clientVersion' | 'capabilities'>;

const GETH_REPEATS =
  'A VALID that moves nothing is final: an ancestor that is skipped, or a stale mapping. Two repeats make sure (engines-measured 2.B, 2.D).';
const GETH_FORKCHOICE =
  'Needs no forkchoice to go on; one per 32 blocks is where the gain flattens (2.2 times the speed), and bounds what a SIGKILL loses (engines-measured 2.H).';
const RETH_REPEATS =
  'VALID and unmoved for some hundred ms where the target is still on disk and no longer canonical; repeating heals it (engines-measured 3.0, reth#23205).';
const RETH_FORKCHOICE =
  'Only what a forkchoice made canonical is written to disk: the rest is memory, and lost at a restart. One per 32 is a third faster than one per 8 on op-reth, one per 64 no faster (engines-measured 3.2).';
const GETH_KILLED =
  'Killed, it comes back where its state was last written and keeps its old blocks mapped above: they are VALID and cannot become the head, and a restart does not help.';

const GETH_SIBLING =
  'Down to 128 blocks below the highest block it ever executed, 127 where the state is stored by hash; below that a payload is ACCEPTED and its forkchoice SYNCING, for ever (engines-measured 2.0, 2.B).';
const GETH_FORGETS = 'A block that was canonical before is executed again, or known, at once (engines-measured 2.B).';
const RETH_RESET =
  'VALID at any depth, and nothing moves; with `--engine.allow-unwind-canonical-header` an op-reth moves (engines-measured 3.3, 4).';
const RETH_SIBLING = 'At any depth that was tried, 1,100; the cost is quadratic, 6 s there (engines-measured 3.0, 4).';
const RETH_SET_HEAD =
  'It answers success and does nothing: op-reth on both of its ports, reth 2.5.1 on its public RPC alone (engines-measured 3.0, test/els/rungs.test.ts).';
const RETH_FORGETS =
  'Removed blocks stay on disk for 7 to 120 ms. Sent again meanwhile, they can make an op-reth exit (engines-measured 3.0); a forkchoice for one is VALID and moves nothing, while after the wait the first one moved, at 5 to 400 blocks (seen with reth 2.5.1 and op-reth 1.10.2).';
const RETH_COPY = 'What stands on the original of a copied block goes on being VALID (test/els/sim-profiles.test.ts).';
const NOT_ASKED_FOR = 'No specification asks for such a wait.';
const UNTOLD = 'Nothing is taken for granted: it is tried, and read back.';

const GETH_BATCH =
  'It carries out the calls of a batch strictly in order, and goes on after one that failed (engines-measured 1.9, 2.H). With all blocks of a forkchoice in one, light blocks take a tenth less time than with 8 in each.';
const RETH_BATCH =
  'An op-reth carries out the calls of a batch strictly in order (engines-measured 1.9), with the server that reth has as well. With all blocks of a forkchoice in one, light blocks take a tenth less time than with 8 in each.';
const EJS_BATCH =
  'Its server starts the calls of a batch side by side (performance 5.3: servers on node:http do), and the second is SYNCING.';
const UNKNOWN_BATCH = 'JSON-RPC 2.0 lets a server carry out the calls of a batch in any order.';

const PROFILES: Readonly<Record<EngineKind, EngineProfile>> = {
  geth: {
    kind: 'geth',
    maxBlocksPerForkchoice: 32,
    maxPayloadsPerBatch: 32,
    maxUnmovedRepeats: 2,
    maxResetDepth: 32,
    maxSiblingDepth: 127,
    setHead: true,
    forgetsLate: false,
    copySpoils: false,
    rewindAdvice: 'restart it with `--engine.maxreorgdepth 0`',
    evidence: {
      kind: 'engine_getClientVersionV1 says go-ethereum (engines-measured 2.G).',
      maxBlocksPerForkchoice: GETH_FORKCHOICE,
      maxPayloadsPerBatch: GETH_BATCH,
      maxUnmovedRepeats: GETH_REPEATS,
      maxResetDepth:
        '32 for each call, and further ones go on from there; 33 at once is -38006 (engines-measured 2.B).',
      maxSiblingDepth: GETH_SIBLING,
      setHead:
        'At any depth, in 0.2 s, where the state is stored by path; its engine port never serves it, so it needs an admin RPC (engines-measured 2.B, 2.F).',
      forgetsLate: GETH_FORGETS,
      copySpoils:
        'It takes no second layer with the same state root (triedb/pathdb/layertree.go of 1.17.7; test/els/sim-profiles.test.ts).',
      rewindAdvice:
        'The limit of 32 is gone then, and payloads below the window are executed again (engines-measured 2.B).',
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
    maxPayloadsPerBatch: 32,
    maxUnmovedRepeats: 2,
    maxResetDepth: 0,
    maxSiblingDepth: 127,
    setHead: true,
    forgetsLate: false,
    copySpoils: true,
    rewindAdvice: 'restart it with `debug` in its `--http.api`',
    evidence: {
      kind: `Says go-ethereum as well; its capabilities list ${OP_STACK_METHOD} (engines-measured 2.G).`,
      maxBlocksPerForkchoice: GETH_FORKCHOICE,
      maxPayloadsPerBatch: GETH_BATCH,
      maxUnmovedRepeats: GETH_REPEATS,
      maxResetDepth: 'VALID at any depth, the labels move, the head never does (engines-measured 2.0, 2.B).',
      maxSiblingDepth: GETH_SIBLING,
      setHead:
        'At any depth where the state is stored by path, at 15 to 25 ms for each block beyond 128. Stored by hash, it lands on genesis there (engines-measured 2.0, 2.B).',
      forgetsLate: GETH_FORGETS,
      copySpoils:
        'It takes two layers with one state root, and looks for what is above in the newer (triedb/pathdb/layertree.go and lookup.go of v1.101702.3; test/els/sim-profiles.test.ts).',
      rewindAdvice: 'debug_setHead is served on the engine port then (engines-measured 2.0).',
    },
    known: [
      GETH_KILLED,
      'A forkchoice for an ancestor moves the labels and never the head.',
      'With `debug` in `--http.api`, debug_setHead is served on the engine port too.',
      'Where a copied block moved it, it may call new blocks INVALID above that block, until it is restarted.',
    ],
  },
  reth: {
    kind: 'reth',
    maxBlocksPerForkchoice: 32,
    maxPayloadsPerBatch: 32,
    maxUnmovedRepeats: Infinity,
    maxResetDepth: 0,
    maxSiblingDepth: Infinity,
    setHead: false,
    forgetsLate: true,
    copySpoils: false,
    rewindAdvice: null,
    evidence: {
      kind: 'engine_getClientVersionV1 says Reth (engines-measured 4).',
      maxBlocksPerForkchoice: RETH_FORKCHOICE,
      maxPayloadsPerBatch: RETH_BATCH,
      maxUnmovedRepeats: RETH_REPEATS,
      maxResetDepth: RETH_RESET,
      maxSiblingDepth: RETH_SIBLING,
      setHead: RETH_SET_HEAD,
      forgetsLate: RETH_FORGETS,
      copySpoils: RETH_COPY,
      rewindAdvice: 'Siblings work at every depth that was tried (engines-measured 4).',
    },
    known: [
      'A forkchoice for an ancestor is VALID and changes nothing.',
      'A payload in the wrong method version is INVALID, not an error: that is no verdict on the block.',
    ],
  },
  'op-reth': {
    kind: 'op-reth',
    maxBlocksPerForkchoice: 32,
    maxPayloadsPerBatch: 32,
    maxUnmovedRepeats: Infinity,
    maxResetDepth: 0,
    maxSiblingDepth: Infinity,
    setHead: false,
    forgetsLate: true,
    copySpoils: false,
    rewindAdvice: 'restart it with `--engine.allow-unwind-canonical-header`',
    evidence: {
      kind: `Says a name with reth in it, and its capabilities list ${OP_STACK_METHOD} (engines-measured 3.7).`,
      maxBlocksPerForkchoice: RETH_FORKCHOICE,
      maxPayloadsPerBatch: RETH_BATCH,
      maxUnmovedRepeats: RETH_REPEATS,
      maxResetDepth: RETH_RESET,
      maxSiblingDepth: RETH_SIBLING,
      setHead: RETH_SET_HEAD,
      forgetsLate: RETH_FORGETS,
      copySpoils: RETH_COPY,
      rewindAdvice:
        'A forkchoice for an ancestor moves the head then, and its labels when it is repeated (engines-measured 3.3).',
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
    maxPayloadsPerBatch: 1,
    maxUnmovedRepeats: Infinity,
    maxResetDepth: Infinity,
    maxSiblingDepth: Infinity,
    setHead: false,
    forgetsLate: false,
    copySpoils: false,
    rewindAdvice: null,
    evidence: {
      kind: `Tells no version; its capabilities list ${ETHEREUMJS_METHOD}, without a version (engines 11).`,
      maxBlocksPerForkchoice:
        'The stock client executes two payloads ahead of its head and answers SYNCING beyond some dozens (engines 16.6).',
      maxPayloadsPerBatch: EJS_BATCH,
      maxUnmovedRepeats: 'It may say VALID or SYNCING while it still executes (engines 16.6).',
      maxResetDepth: 'It goes back to any block that it has (engines 16.6).',
      maxSiblingDepth: UNTOLD,
      setHead: 'It has no such method (engines 16.6).',
      forgetsLate: NOT_ASKED_FOR,
      copySpoils: 'What stands on the original goes on being VALID (test/els/sim-profiles.test.ts).',
      rewindAdvice: 'Nothing is known to help.',
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
    maxPayloadsPerBatch: 1,
    maxUnmovedRepeats: Infinity,
    maxResetDepth: Infinity,
    maxSiblingDepth: Infinity,
    setHead: false,
    forgetsLate: false,
    copySpoils: false,
    rewindAdvice: null,
    evidence: {
      kind: 'Whatever else answers.',
      maxBlocksPerForkchoice:
        'Nothing is taken for granted: block by block is what every EL of the specification does.',
      maxPayloadsPerBatch: UNKNOWN_BATCH,
      maxUnmovedRepeats: 'Nothing is taken for granted.',
      maxResetDepth: UNTOLD,
      maxSiblingDepth: UNTOLD,
      setHead: 'It can throw an EL back to its genesis, so it is not tried on one that is not known.',
      forgetsLate: NOT_ASKED_FOR,
      copySpoils: UNTOLD,
      rewindAdvice: 'Nothing is known to help.',
    },
    known: [],
  },
};

/** Every profile, for the document about them. */
export function engineProfiles(): readonly EngineProfile[] {
  return Object.values(PROFILES);
}

/** That of an EL which has not said yet what it is. */
export const UNKNOWN_PROFILE = PROFILES.unknown;

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
