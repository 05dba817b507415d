import type { Index, Tree } from '../tree.js';
import type { EngineProfile, Keeps } from './profile.js';
import type { EngineModel } from './state.js';

export type LabelsAfterStart = 'kept' | 'unset' | 'genesis' | 'safe-is-finalized';

/** How an EL comes back: so many blocks lower, with these labels, and with this of what lies above its head. */
export interface Start {
  readonly lost: number;
  readonly labels: LabelsAfterStart;
  readonly keeps: Keeps;
}

/** The EL starts again (engines-measured 1.3, 2.D). */
export function restarted(tree: Tree, engine: EngineModel, { lost, labels, keeps }: Start): EngineModel {
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
    ...keptAbove(tree, engine, head, keeps),
    up: true,
    head,
    fading: 0n,
    bad: 0n,
    synced: false,
    wanted: null,
    late: null,
  };
}

type Database = Pick<EngineModel, 'known' | 'states' | 'mapped' | 'stubborn'>;

/** After a crash the state of the head is the only one: what was executed above it, and the layers below, are gone. */
function keptAbove(tree: Tree, engine: EngineModel, head: Index, keeps: Keeps): Database {
  if (keeps === 'nothing') {
    return { known: tree.line(head), states: tree.line(head), mapped: null, stubborn: false };
  }
  const isMapped = keeps !== 'stored' && head !== engine.head;
  const mapped = isMapped ? (engine.mapped ?? engine.head) : null;
  return { known: engine.known, states: tree.bit(head), mapped, stubborn: keeps === 'stubborn' };
}

/** SIGTERM, and a start: no block is lost but the newest ones of an EL that writes them late. */
export function stopped(tree: Tree, profile: EngineProfile, engine: EngineModel, lost: number): EngineModel {
  const keptLabels = { kept: 'kept', finalized: 'safe-is-finalized', unset: 'unset' } as const;
  const labels = keptLabels[profile.safeAfterStart];
  const back = restarted(tree, engine, { lost, labels, keeps: 'nothing' });
  if (profile.keeps.every((keeps) => keeps === 'nothing')) return back;
  const { known, states, mapped, stubborn } = engine;
  return { ...back, known, states, mapped, stubborn };
}
