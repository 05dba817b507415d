import type { EngineProfile } from './profile.js';

/** go-ethereum from 1.17.3 (May 2026) on, as measured with 1.17.7. */
export const GETH_2026: EngineProfile = {
  name: 'geth-2026',
  // Head and labels go back with depth <= 32 (engines-measured 2.B).
  ancestor: 'moves',
  // "-38006 reorg depth 33 exceeds limit 32"; the limit is per call (engines-measured 2.0.7).
  maxReset: 32,
  // The first forkchoice after a start must name the head, else an ancestor is a VALID no-op (engines-measured 1.12).
  gated: true,
  // VALID, nothing moved, labels not applied (engines-measured 2.B).
  belowFinalized: 'ignored',
  // A sibling 128 below the highest block ever executed is VALID, 129 below ACCEPTED (engines-measured 2.0.8).
  stateWindow: 128,
  // "parent known, state missing: ACCEPTED, lvh null" (engines-measured 2.E).
  withoutState: 'ACCEPTED',
  // One forkchoice back up 192 known blocks re-executes them and is VALID (engines-measured 2.B).
  statelessHead: 'executed-again',
  // "known block (canonical, old, side, state gone): VALID, no execution" (engines-measured 2.E).
  knownIsValid: 'stored',
  labels: {
    // The head moves to the sibling, then -38002; finalized is set before safe is looked at (engines-measured 2.C).
    atomic: false,
    // -38002 "not in canonical chain"; finalized above safe, and both back at genesis, are VALID (engines-measured 2.C).
    rule: 'canonical',
    outOfOrder: -38002,
    // "0,0 after labels were set: unchanged (zero never clears)" (engines-measured 2.C).
    zeros: 'unchanged',
    // "Minimal heal of absent labels: one FCU(latest, safe, fin)" (engines-measured 2.D).
    atSameHead: true,
  },
  // "same again, child of it: INVALID, links to previously rejected block"; a start clears it (engines-measured 2.E).
  bad: 'descendants',
  // FCU to a block known before is VALID and moves (engines-measured 2.B).
  removed: 'moves',
  // Head at the target, the blocks above deleted, safe := finalized (engines-measured 2.B).
  setHead: 'rewinds',
  // 1,000 deep lands exactly there on the path scheme (engines-measured 2.B).
  deepSetHead: 'exact',
  // triedb/pathdb/layertree.go of 1.17.7 leaves out a layer whose root it has.
  sameState: 'fine',
  reorgAnswer: 'VALID',
  // "child before parent: SYNCING, not remembered" (engines-measured 2.E).
  orphan: 'SYNCING',
  // A sync that is wanted never blocks replay (engines-measured 2.I).
  pipeline: false,
  // SIGTERM keeps latest; kill -9 loses everything since the last clean stop (engines-measured 2.D).
  tailLoss: { stopped: 0, killed: Infinity },
  // The four patterns of 24 crashes (engines-measured 2.D), and every stale block for itself (1.3).
  keeps: ['nothing', 'stored', 'mapped', 'stubborn'],
  // "SIGTERM: safe = finalized; finalized kept" (engines-measured 2.D).
  labelsAfterStart: 'safe-is-finalized',
  alternatives: [],
};

/** go-ethereum before 1.17.3: an ancestor is "Ignoring beacon update to old head", labels too (engines 4). */
export const GETH_2025: EngineProfile = {
  ...GETH_2026,
  name: 'geth-2025',
  ancestor: 'ignored',
  maxReset: Infinity,
  gated: false,
  belowFinalized: 'as-others',
};

/** op-geth v1.101702.3. */
export const OP_GETH: EngineProfile = {
  ...GETH_2026,
  name: 'op-geth',
  // "VALID, labels move, head never moves, at any depth" (engines-measured 2.0.6), also below finalized (2.B).
  ancestor: 'labels-only',
  maxReset: Infinity,
  gated: false,
  belowFinalized: 'as-others',
  // Its triedb/pathdb/layertree.go takes the layer twice, and lookup.go then finds the newer one (sim-profiles.test.ts).
  sameState: 'spoils',
};

/** The hash scheme: a sibling to 127 deep, and debug_setHead beyond that lands on genesis (engines-measured 2.B). */
export const OP_GETH_HASH_SCHEME: EngineProfile = {
  ...OP_GETH,
  name: 'op-geth, hash scheme',
  stateWindow: 127,
  deepSetHead: 'genesis',
};

/** reth 2.5.1. */
export const RETH: EngineProfile = {
  name: 'reth',
  // "VALID at every depth, nothing moves, labels not applied" (engines-measured 4).
  ancestor: 'ignored',
  maxReset: Infinity,
  // "First FCU may be to an ancestor: VALID no-op, no gate as in geth" (engines-measured 3.5).
  gated: false,
  // -38006 "Too deep reorg" since 2.5.0 (engines-measured 4).
  belowFinalized: 'too-deep',
  // Siblings 1,100 deep are VALID (engines-measured 3.3, 4).
  stateWindow: Infinity,
  // Beyond the changesets that it keeps: -32603 (engines 3); not met in 1,100 blocks.
  withoutState: 'REJECTED',
  statelessHead: 'executed-again',
  // "duplicate in memory / canonical / finalized: VALID" (engines-measured 3.6).
  knownIsValid: 'stored',
  labels: {
    // "head = b, safe unknown: -38002, the head moved to b" (engines-measured 3.4, 4).
    atomic: false,
    // -38002 for a safe on the other branch (engines-measured 4); finalized > safe and going back is VALID (3.4).
    rule: 'canonical',
    outOfOrder: -38002,
    // Zeros leave them unchanged (engines-measured 3.4).
    zeros: 'unchanged',
    atSameHead: true,
  },
  // A child of a bad block "links to previously rejected block", a good one at its height is VALID (engines-measured 3.6).
  bad: 'descendants',
  // VALID without moving where the target is on disk and no longer canonical; repeating heals (engines-measured 3.0.3).
  removed: 'lies',
  // "answers success and does nothing" (engines-measured 3.0.8).
  setHead: 'lies',
  deepSetHead: 'exact',
  // Everything that stands on the original of a copied sibling goes on being VALID (test/els/sim-profiles.test.ts).
  sameState: 'fine',
  reorgAnswer: 'VALID',
  orphan: 'SYNCING',
  // With a peer, every np and FCU is SYNCING while the pipeline runs, also for known blocks (engines-measured 3.4).
  pipeline: true,
  // "up at 1300 with the labels sent last" (engines-measured 4); 1..7 at full speed (reliability 5).
  tailLoss: { stopped: 0, killed: 7 },
  // "side blocks known by np only are forgotten" (engines-measured 3.5).
  keeps: ['nothing'],
  // "the pair of some earlier FCU", "safe null beside a set finalized" (engines-measured 3.0.6, 3.5); also after SIGTERM.
  labelsAfterStart: 'older',
  alternatives: [],
};

const OP_RETH_STRICT: EngineProfile = {
  ...RETH,
  name: 'op-reth',
  // "FCU(ancestor below finalized): VALID no-op, no -38006 here" (engines-measured 3.4).
  belowFinalized: 'as-others',
  // SIGTERM 0-8 blocks, SIGKILL up to 46, and everything that a single forkchoice covered (engines-measured 3.5, 3.10).
  tailLoss: { stopped: Infinity, killed: Infinity },
};

/** op-reth 1.10.2. A label on the other branch is "-38002 or VALID, by timing" (engines-measured 3.4). */
export const OP_RETH: EngineProfile = {
  ...OP_RETH_STRICT,
  alternatives: [
    OP_RETH_STRICT,
    { ...OP_RETH_STRICT, labels: { ...RETH.labels, rule: 'known' } },
    // It keeps the number of a label, and shows the canonical block there: above the head none (test/els/sim-profiles.test.ts).
    { ...OP_RETH_STRICT, labels: { ...RETH.labels, rule: 'known', aboveHead: 'hidden' } },
  ],
};

const RETH_UNWIND_IN_REMOVAL: EngineProfile = {
  ...OP_RETH_STRICT,
  name: 'reth-unwind',
  // Head at the ancestor at every depth, labels only at the second identical forkchoice (engines-measured 3.3).
  ancestor: 'head-first',
  // A block of the old branch in the window of its removal: -32603, then the process ends (engines-measured 3.0.1).
  removed: 'dies',
};

/** reth and op-reth with `--engine.allow-unwind-canonical-header`. One run in a dozen met no removal at all. */
export const RETH_UNWIND: EngineProfile = {
  ...RETH_UNWIND_IN_REMOVAL,
  alternatives: [RETH_UNWIND_IN_REMOVAL, { ...RETH_UNWIND_IN_REMOVAL, removed: 'moves' }],
};

/** erigon of 2026, read and not run. */
export const ERIGON: EngineProfile = {
  ...GETH_2026,
  name: 'erigon',
  // MAX_REORG_DEPTH 96, else -38006 (engines 4); 3,876 times in 16 h (erigon#21650).
  maxReset: 96,
  gated: false,
  // Siblings deeper than MAX_REORG_DEPTH are ACCEPTED (erigon#19152, engines 5).
  stateWindow: 96,
  // -38002 "mostly" moves nothing, and asks for the order (engines 3, 6). Same-head labels are dropped (erigon#24028).
  labels: { atomic: true, rule: 'ordered', outOfOrder: -38002, zeros: 'unchanged', atSameHead: false },
  setHead: 'missing',
  tailLoss: { stopped: 0, killed: 2 },
  keeps: ['nothing'],
  labelsAfterStart: 'kept',
};

/** besu of early 2026, read and not run. */
export const BESU: EngineProfile = {
  ...ERIGON,
  name: 'besu',
  // Old heads are skipped before 26.x (besu#4055, engines 4).
  ancestor: 'ignored',
  maxReset: Infinity,
  belowFinalized: 'as-others',
  // 512 bonsai layers (engines 3).
  stateWindow: 512,
  // "parent world state is not available": INVALID, lvh = parent (besu#11314, engines 5).
  withoutState: 'INVALID',
  // -38002 moves nothing (engines 6).
  labels: { atomic: true, rule: 'ordered', outOfOrder: -38002, zeros: 'unchanged', atSameHead: true },
  // The cache of bad blocks is only cleared by a restart (besu#5460, besu#5094).
  bad: 'sticky',
};

/** nethermind of early 2026, read and not run. */
export const NETHERMIND: EngineProfile = {
  ...BESU,
  name: 'nethermind',
  // Moves since 2026 and skips only below finalized (nethermind#11388, engines 4).
  ancestor: 'moves',
  belowFinalized: 'ignored',
  stateWindow: 128,
  // It never says ACCEPTED (engines 7).
  withoutState: 'SYNCING',
  // VALID without the state of the block (nethermind#11081, reliability 5); newer ones check and say -38006 (engines 4).
  statelessHead: 'taken',
  // VALID only on the main chain at or below the head (engines 7).
  knownIsValid: 'canonical',
  bad: 'descendants',
  // The safe tag is null until a forkchoice sets it (engines 3).
  labelsAfterStart: 'safe-unset',
};

const ETHEREUMJS_QUICK: EngineProfile = {
  ...ERIGON,
  name: 'ethereumjs',
  // "Rewind above fin: exact", 5, 10 and 150 blocks, labels follow (engines 4, 16.6).
  maxReset: Infinity,
  belowFinalized: 'as-others',
  stateWindow: Infinity,
  labels: {
    // "Rejected FCU: tags unchanged" (engines 16.6).
    atomic: true,
    // Not an ancestor: -38002; safe above head or below finalized: -32602 (engines 6, 16.6).
    rule: 'ordered',
    outOfOrder: -32602,
    // "Zero labels = genesis, even from higher" (engines 16.6).
    zeros: 'genesis',
    atSameHead: true,
  },
  // It executes a bad block again (engines 7).
  bad: 'forgets',
  // Its debug_setHead moves the head, keeps the labels, and answers ACCEPTED to the next payloads: lockstep leaves it alone.
  setHead: 'missing',
  // Unknown parent: ACCEPTED (engines 3).
  orphan: 'ACCEPTED',
};

/** `@ethereumjs/client` 0.10.5 as it is embedded here. */
export const ETHEREUMJS: EngineProfile = {
  ...ETHEREUMJS_QUICK,
  alternatives: [
    ETHEREUMJS_QUICK,
    // It may say SYNCING *after* moving `latest` (engines 2.4).
    { ...ETHEREUMJS_QUICK, reorgAnswer: 'SYNCING' },
    // "sometimes VALID, head unmoved", and the labels lower (engines 16.6).
    { ...ETHEREUMJS_QUICK, belowFinalized: 'labels-only' },
  ],
};

/** Any answer that the specification allows, call by call, and the kind of each of these where it errs. */
export const SPEC_RANDOM: EngineProfile = {
  ...NETHERMIND,
  name: 'spec-random',
  alternatives: [
    // The first is the kind one: with nothing going wrong it answers.
    {
      ...ETHEREUMJS_QUICK,
      name: 'kind',
      labels: { ...ETHEREUMJS_QUICK.labels, zeros: 'unchanged' },
      orphan: 'SYNCING',
    },
    OP_GETH,
    RETH_UNWIND,
    GETH_2025,
    // Point 6 of forkchoiceUpdatedV1: -38006 where the depth is beyond a limit of the client.
    { ...ERIGON, name: 'shallow', maxReset: 0 },
    // SYNCING and ACCEPTED also for a payload whose parent is known (paris.md, payload validation).
    { ...NETHERMIND, name: 'busy', stateWindow: -1 },
    { ...ERIGON, name: 'stateless', stateWindow: -1 },
  ],
};
