import { NO_BLOCKS, type Index, type Tree } from '../tree.js';
import type { EngineProfile, Keeps } from './profile.js';
import type { EngineModel } from './state.js';

export type LabelsAfterStart = 'kept' | 'unset' | 'genesis' | 'safe-is-finalized';

/** How an EL comes back: so many blocks lower, with these labels, and with this of what lies above its head. */
export interface Start {
  readonly lost: number;
  readonly labels: LabelsAfterStart;
  readonly keeps: Keeps;
  /** So many of the highest blocks are gone from the database all the same (engines-measured 2.D). */
  readonly cut?: number;
}

/** The EL starts again (engines-measured 1.3, 2.D). */
export function restarted(tree: Tree, engine: EngineModel, { lost, labels, keeps, cut = 0 }: Start): EngineModel {
  const head = tree.atHeight(engine.head, Math.max(0, tree.height(engine.head) - lost)) ?? engine.head;
  const { finalized } = engine;
  const shown = {
    kept: { safe: engine.safe, finalized },
    unset: { safe: null, finalized: null },
    genesis: { safe: 0, finalized: 0 },
    'safe-is-finalized': { safe: finalized, finalized },
  }[labels];
  return {
    ...engine,
    ...shown,
    ...keptAbove(tree, engine, head, { keeps, cut }),
    up: true,
    head,
    fading: NO_BLOCKS,
    spoiled: NO_BLOCKS,
    bad: NO_BLOCKS,
    synced: false,
    wanted: null,
    late: null,
  };
}

type Database = Pick<EngineModel, 'known' | 'states' | 'mapped' | 'stubborn'>;

/** After a crash the state of the head is the only one: what was executed above it, and the layers below, are gone. */
function keptAbove(
  tree: Tree,
  engine: EngineModel,
  head: Index,
  { keeps, cut }: Required<Pick<Start, 'keeps' | 'cut'>>,
): Database {
  if (keeps === 'nothing') {
    return { known: tree.line(head), states: tree.line(head), mapped: null, stubborn: false };
  }
  const oldTip = engine.mapped ?? engine.head;
  const tip = tree.atHeight(oldTip, Math.max(tree.height(head), tree.height(oldTip) - cut)) ?? head;
  return {
    known: engine.known & ~(tree.line(oldTip) & ~tree.line(tip)),
    states: tree.bit(head),
    mapped: keeps === 'stored' || tip === head ? null : tip,
    stubborn: keeps === 'stubborn',
  };
}

type LabelPair = Pick<EngineModel, 'safe' | 'finalized'>;

/** What restarts an EL, where it stands then, and the labels that it showed before: what a SIGKILL leaves may be old ones. */
export interface Restart {
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly head: Index;
  readonly earlier: readonly LabelPair[];
}

/** Everything that a restart with this head can come to; nothing where the profile rules it out. */
export function restarts(tree: Tree, profile: EngineProfile, engine: EngineModel, how: Restart): EngineModel[] {
  const lost = tree.height(engine.head) - tree.height(how.head);
  const isClean = how.signal === 'SIGTERM';
  const loss = isClean ? profile.tailLoss.stopped : profile.tailLoss.killed;
  if (!tree.isOnLine(how.head, engine.head) || lost > loss) return [];
  const start = (keeps: Keeps, cut: number): EngineModel =>
    restarted(tree, engine, { lost, labels: 'kept', keeps, cut });
  const crash = (keeps: Keeps): EngineModel[] =>
    keeps === 'nothing' ? [start(keeps, 0)] : Array.from({ length: lost + 1 }, (_, cut) => start(keeps, cut));
  const backs = isClean ? [cleanStart(profile, engine, start('nothing', 0))] : profile.keeps.flatMap(crash);
  return backs.flatMap((back) =>
    labelsAfterStart(profile, back, how).map((labels) => ({ ...back, ...belowHead(tree, back, labels) })),
  );
}

/** Where side blocks survive at all, a clean stop keeps everything, the states included. */
function cleanStart({ keeps }: EngineProfile, before: EngineModel, back: EngineModel): EngineModel {
  if (keeps.every((kept) => kept === 'nothing')) return back;
  const { known, states, mapped, stubborn } = before;
  return { ...back, known, states, mapped, stubborn };
}

function labelsAfterStart(
  { labelsAfterStart: which }: EngineProfile,
  { safe, finalized }: EngineModel,
  { signal, earlier }: Restart,
): readonly LabelPair[] {
  const finals = [...new Set([finalized, null, ...earlier.map((pair) => pair.finalized)])];
  switch (which) {
    case 'kept':
      return [{ safe, finalized }];
    case 'safe-is-finalized':
      return (signal === 'SIGKILL' ? finals : [finalized]).map((each) => ({ safe: each, finalized: each }));
    case 'safe-unset':
      return [{ safe: null, finalized }];
    case 'older': {
      const safes = [...new Set([safe, null, ...earlier.map((pair) => pair.safe)])];
      return safes.flatMap((each) => finals.map((other) => ({ safe: each, finalized: other })));
    }
  }
}

/** A label above the head is unset (engines-measured 2.D, 3.5). */
function belowHead(tree: Tree, { head }: EngineModel, { safe, finalized }: LabelPair): LabelPair {
  const shown = (block: Index | null): Index | null =>
    block !== null && tree.height(block) <= tree.height(head) ? block : null;
  return { safe: shown(safe), finalized: shown(finalized) };
}
