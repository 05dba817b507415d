import { GETH_2026, OP_GETH, OP_RETH } from './engine/profiles.js';
import { engineAt } from './engine/state.js';
import { RECOVERY_SCENARIOS } from './recovery-scenarios.js';
import { EL_SYNC, scenario, SMALL, sourceAt, TALL } from './scenario.js';
import type { Scenario } from './world.js';

/** Block 4 of the trunk, which some ELs call INVALID. */
const INVALID_BLOCK = 4;

const FOLLOWING: readonly Scenario[] = [
  scenario('a fresh geth', GETH_2026, { engine: engineAt(SMALL, 0), source: sourceAt(3, 1, null) }),
  scenario('a fresh op-reth with labels at genesis', OP_RETH, {
    engine: engineAt(SMALL, 0, { safe: 0, finalized: 0 }),
    source: sourceAt(3, 0, 0),
  }),
  scenario('a geth that is behind', GETH_2026, { engine: engineAt(SMALL, 2, { safe: 1, finalized: 1 }) }),
  scenario('an op-geth that is behind, without labels', OP_GETH, {}),
  scenario('an op-reth at the head', OP_RETH, { engine: engineAt(SMALL, 4, { safe: 2, finalized: 1 }) }),
  scenario('an EL ahead of its source', OP_GETH, {
    engine: engineAt(SMALL, 6, { safe: 3, finalized: 2 }),
    source: sourceAt(4, 4, 2),
  }),
  scenario('an EL on another branch', GETH_2026, { engine: engineAt(SMALL, 8, { safe: 1, finalized: 1 }) }),
  scenario('an EL that answers VALID and does not move', OP_RETH, { engine: engineAt(SMALL, 2, { deaf: 14 }) }),
  scenario('an EL that keeps answering SYNCING', GETH_2026, {
    engine: engineAt(SMALL, 2, { lazy: 7, safe: 1, finalized: 0 }),
  }),
  scenario('an EL that syncs by itself', OP_RETH, {
    engine: engineAt(SMALL, 1, { syncing: true, safe: 0, finalized: 0 }),
  }),
  scenario('a source with an invalid block', OP_GETH, {
    engine: engineAt(SMALL, 2, { invalid: INVALID_BLOCK, safe: 1, finalized: 1 }),
    source: sourceAt(6, 2, 1),
  }),
  scenario('a geth left to sync with its peers', GETH_2026, {
    engine: engineAt(SMALL, 1, { safe: 0, finalized: 0, peerBlocks: 6 }),
    source: sourceAt(5, 2, 1),
    elSync: EL_SYNC,
  }),
  scenario('a fresh geth without peers, left to sync', GETH_2026, {
    engine: engineAt(SMALL, 0),
    source: sourceAt(4, 2, 1),
    elSync: EL_SYNC,
  }),
  scenario('an op-geth whose peer gives it one block', OP_GETH, {
    engine: engineAt(SMALL, 1, { peerBlocks: 1 }),
    source: sourceAt(5, 2, 1),
    elSync: EL_SYNC,
  }),
  scenario('an op-reth left to sync over a long gap', OP_RETH, {
    tree: TALL,
    engine: engineAt(TALL, 1, { peerBlocks: 20 }),
    source: sourceAt(12, 5, 3),
    elSync: EL_SYNC,
  }),
  scenario('a long gap', OP_RETH, {
    tree: TALL,
    engine: engineAt(TALL, 1),
    source: sourceAt(12, 5, 3),
  }),
  scenario('a long gap with an invalid block', GETH_2026, {
    tree: TALL,
    engine: engineAt(TALL, 1, { invalid: INVALID_BLOCK }),
    source: sourceAt(12, 5, 3),
  }),
];

export const SCENARIOS: readonly Scenario[] = [...FOLLOWING, ...RECOVERY_SCENARIOS];
