import { type EngineAnswer, NOT_SYNCING, type EngineSyncing } from '../../../src/engine/engine.js';
import type { EngineView } from '../../../src/follow/state.js';
import type { Index, Tree } from './tree.js';

/** What one kind of EL does with a forkchoice that names an ancestor of its head (engines-measured 1.1, 1.12). */
export interface EngineProfile {
  readonly ancestor: 'moves' | 'labels-only' | 'ignored';
  /** After a start, an ancestor is ignored until one forkchoice has named the head or a new block. */
  readonly gated: boolean;
  /** While it fetches blocks from its peers it answers SYNCING to everything, also for known blocks (engines-measured 3.4). */
  readonly pipeline: boolean;
}

export const GETH: EngineProfile = { ancestor: 'moves', gated: true, pipeline: false };
export const OP_GETH: EngineProfile = { ancestor: 'labels-only', gated: false, pipeline: false };
export const OP_RETH: EngineProfile = { ancestor: 'ignored', gated: false, pipeline: true };

export interface SentForkchoice {
  readonly head: Index;
  readonly safe: Index | null;
  readonly finalized: Index | null;
}

export type Write =
  { readonly call: 'payload'; readonly block: Index } | { readonly call: 'forkchoice'; readonly sent: SentForkchoice };

/** The EL of a small world. Values are never changed in place. */
export interface EngineModel {
  readonly up: boolean;
  /** eth_syncing answers with an object. */
  readonly syncing: boolean;
  readonly head: Index;
  readonly safe: Index | null;
  readonly finalized: Index | null;
  /** The blocks that were executed, as a bit mask. */
  readonly known: number;
  /** A forkchoice named the head or a new block since the last start. */
  readonly synced: boolean;
  /** So many more forkchoices are answered VALID and move nothing. */
  readonly deaf: number;
  /** So many more payloads are answered SYNCING although their parent is known. */
  readonly lazy: number;
  /** The block that this EL calls INVALID. */
  readonly invalid: Index | null;
  /** How many blocks more its peers will give it; null: it has no peers. */
  readonly peerBlocks: number | null;
  /** The block that it fetches blocks for. */
  readonly wanted: Index | null;
  /** A write whose caller gave up: it is carried out at some time, at the latest before the next write. */
  readonly late: Write | null;
}

interface Answered {
  readonly engine: EngineModel;
  readonly answer: EngineAnswer;
}

const NON_CANONICAL_LABEL = -38002;

export function send(tree: Tree, profile: EngineProfile, engine: EngineModel, write: Write): Answered {
  const settled = applyLate(tree, profile, engine);
  if (profile.pipeline && isFetching(settled)) return { engine: settled, answer: { status: 'SYNCING' } };
  if (write.call === 'payload') return newPayload(tree, settled, write.block);
  return forkchoiceUpdated(tree, profile, settled, write.sent);
}

/** The write that was still under way is carried out now. */
export function applyLate(tree: Tree, profile: EngineProfile, engine: EngineModel): EngineModel {
  const { late } = engine;
  return late === null ? engine : send(tree, profile, { ...engine, late: null }, late).engine;
}

function newPayload(tree: Tree, engine: EngineModel, block: Index): Answered {
  if (block === engine.invalid) {
    const latestValidHash = tree.ref(tree.parent(block)).hash;
    return {
      engine,
      answer: { status: 'INVALID', latestValidHash, reason: 'invalid merkle root', verdictOn: 'block' },
    };
  }
  if (has(engine, block)) return { engine, answer: { status: 'VALID' } };
  if (!has(engine, tree.parent(block))) return { engine, answer: { status: 'SYNCING' } };
  if (engine.lazy > 0) return { engine: { ...engine, lazy: engine.lazy - 1 }, answer: { status: 'SYNCING' } };
  return { engine: { ...engine, known: engine.known | (1 << block) }, answer: { status: 'VALID' } };
}

function forkchoiceUpdated(tree: Tree, profile: EngineProfile, engine: EngineModel, sent: SentForkchoice): Answered {
  if (!has(engine, sent.head)) {
    const wanted = engine.peerBlocks === null ? engine.wanted : sent.head;
    return { engine: { ...engine, wanted }, answer: { status: 'SYNCING' } };
  }
  if (engine.deaf > 0) return { engine: { ...engine, deaf: engine.deaf - 1 }, answer: { status: 'VALID' } };
  const isAncestor = sent.head !== engine.head && tree.isOnLine(sent.head, engine.head);
  if (isAncestor && profile.gated && !engine.synced) return { engine, answer: { status: 'VALID' } };
  if (isAncestor && profile.ancestor === 'ignored') return { engine, answer: { status: 'VALID' } };
  const head = isAncestor && profile.ancestor === 'labels-only' ? engine.head : sent.head;
  const moved = arrived(tree, { ...engine, head, synced: true });
  const labelled = withLabels(tree, moved, sent);
  if (labelled !== null) return { engine: labelled, answer: { status: 'VALID' } };
  return { engine: moved, answer: { status: 'REJECTED', code: NON_CANONICAL_LABEL, reason: 'not in canonical chain' } };
}

/** Null when a label is not on the chain of the head: -38002, and the head has moved all the same. */
function withLabels(tree: Tree, engine: EngineModel, { safe, finalized }: SentForkchoice): EngineModel | null {
  if (safe === null || finalized === null) return engine;
  if (!tree.isOnLine(safe, engine.head) || !tree.isOnLine(finalized, engine.head)) return null;
  return { ...engine, safe, finalized };
}

/** Its peers still give it blocks. */
export function isFetching({ wanted, peerBlocks }: EngineModel): boolean {
  return wanted !== null && peerBlocks !== null && peerBlocks > 0;
}

/** It executes one more block of its peers; one of another branch is taken whole. */
export function fetched(tree: Tree, engine: EngineModel): EngineModel {
  const { wanted, peerBlocks, head } = engine;
  if (wanted === null || peerBlocks === null || peerBlocks === 0) return engine;
  const next = tree.isOnLine(head, wanted) ? tree.atHeight(wanted, tree.height(head) + 1) : wanted;
  if (next === null) return engine;
  return arrived(tree, { ...engine, head: next, known: engine.known | tree.line(next), peerBlocks: peerBlocks - 1 });
}

function arrived(tree: Tree, engine: EngineModel): EngineModel {
  const { wanted, head } = engine;
  return wanted !== null && tree.height(head) >= tree.height(wanted) ? { ...engine, wanted: null } : engine;
}

function has(engine: EngineModel, block: Index): boolean {
  return (engine.known & (1 << block)) !== 0;
}

export type LabelsAfterStart = 'kept' | 'unset' | 'genesis' | 'safe-is-finalized';

/** The EL starts again, `lost` blocks lower (engines-measured 1.3, 2.D). What it executed above is gone. */
export function restarted(tree: Tree, engine: EngineModel, lost: number, labels: LabelsAfterStart): EngineModel {
  const head = tree.atHeight(engine.head, Math.max(0, tree.height(engine.head) - lost)) ?? engine.head;
  const { finalized } = engine;
  const shown = {
    kept: { safe: engine.safe, finalized },
    unset: { safe: null, finalized: null },
    genesis: { safe: 0, finalized: 0 },
    'safe-is-finalized': { safe: finalized, finalized },
  }[labels];
  return { ...engine, ...shown, up: true, head, known: tree.line(head), synced: false, wanted: null, late: null };
}

/** What the EL shows of itself, with its canonical blocks at the heights asked for. */
export function viewOf(tree: Tree, engine: EngineModel, heights: readonly number[]): EngineView {
  const pick = (index: Index | null) => (index === null ? null : tree.ref(index));
  const heads = { unsafe: tree.ref(engine.head), safe: pick(engine.safe), finalized: pick(engine.finalized) };
  return {
    heads,
    syncing: syncingOf(tree, engine),
    at: new Map(heights.map((height) => [height, pick(tree.atHeight(engine.head, height))])),
  };
}

/** A geth whose peers have gone goes on to show what it wanted (measured with 1.17.7). */
function syncingOf(tree: Tree, { syncing, wanted, peerBlocks, head }: EngineModel): EngineSyncing {
  if (!syncing && (wanted === null || peerBlocks === null)) return NOT_SYNCING;
  return { busy: true, underway: true, at: tree.height(head), work: tree.height(head) };
}
