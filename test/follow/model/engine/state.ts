import type { EngineAnswer } from '../../../../src/engine/engine.js';
import type { BlockSet, Index, Tree } from '../tree.js';
import type { EngineProfile } from './profile.js';

export interface SentForkchoice {
  readonly head: Index;
  readonly safe: Index | null;
  readonly finalized: Index | null;
}

/** A copied sibling is a payload like every other: the copy of a block has an index of its own. */
export type Write =
  | { readonly call: 'payload'; readonly block: Index }
  | { readonly call: 'forkchoice'; readonly sent: SentForkchoice }
  | { readonly call: 'set-head'; readonly block: Index };

/** The EL of a small world. Values are never changed in place. */
export interface EngineModel {
  readonly up: boolean;
  /** eth_syncing answers with an object. */
  readonly syncing: boolean;
  readonly head: Index;
  readonly safe: Index | null;
  readonly finalized: Index | null;
  /** The blocks that it has. */
  readonly known: BlockSet;
  /** The blocks whose state it has. */
  readonly states: BlockSet;
  /** The highest block of an earlier life that it still maps by number, above its head (engines-measured 1.3). */
  readonly mapped: Index | null;
  /** Such a mapping goes away block by block only. */
  readonly stubborn: boolean;
  /** Canonical until just now, and still being removed (engines-measured 1.6). */
  readonly fading: BlockSet;
  /** The blocks whose state it reads wrongly. */
  readonly spoiled: BlockSet;
  /** The blocks that it remembers as bad. */
  readonly bad: BlockSet;
  /** A forkchoice named the head or a new block since the last start. */
  readonly synced: boolean;
  /** So many more forkchoices are answered VALID and move nothing. */
  readonly deaf: number;
  /** So many more payloads are answered SYNCING although their parent is known. */
  readonly lazy: number;
  /** So many more answers are not the kindest that its profile allows. */
  readonly odd: number;
  /** The block that this EL calls INVALID. */
  readonly invalid: Index | null;
  /** How many blocks more its peers will give it; null: it has no peers. */
  readonly peerBlocks: number | null;
  /** The block that it fetches blocks for. */
  readonly wanted: Index | null;
  /** A write whose caller gave up: it is carried out at some time, at the latest before the next write. */
  readonly late: Write | null;
}

export interface Answered {
  readonly engine: EngineModel;
  readonly answer: EngineAnswer;
}

/** An EL that stands at a block, without labels, and has executed nothing else. */
export function engineAt(tree: Tree, head: Index, extra: Partial<EngineModel> = {}): EngineModel {
  return {
    up: true,
    syncing: false,
    head,
    safe: null,
    finalized: null,
    known: tree.line(head),
    states: tree.line(head),
    mapped: null,
    stubborn: false,
    fading: 0n,
    spoiled: 0n,
    bad: 0n,
    synced: false,
    deaf: 0,
    lazy: 0,
    odd: 0,
    invalid: null,
    peerBlocks: null,
    wanted: null,
    late: null,
    ...extra,
  };
}

export function has(tree: Tree, set: BlockSet, block: Index): boolean {
  return (set & tree.bit(block)) !== 0n;
}

/** The EL takes this block for one of its chain: by its head, or by a mapping of an earlier life. */
export function isCanonical(tree: Tree, engine: EngineModel, block: Index): boolean {
  return tree.isOnLine(block, engine.head) || isStale(tree, engine, block);
}

/** Above the head, and mapped by its number all the same. */
export function isStale(tree: Tree, { head, mapped }: EngineModel, block: Index): boolean {
  return mapped !== null && tree.height(block) > tree.height(head) && tree.isOnLine(block, mapped);
}

/** It executed the block: its state is there, and states too far below are dropped. */
export function executed(tree: Tree, profile: EngineProfile, engine: EngineModel, block: Index): EngineModel {
  const states = (engine.states | tree.bit(block)) & ~tree.below(tree.height(block) - profile.stateWindow);
  return { ...engine, known: engine.known | tree.bit(block), states, spoiled: spoiledBy(tree, profile, engine, block) };
}

/** What stands on a block with the same state is read through the newer of the two. */
function spoiledBy(tree: Tree, { sameState }: EngineProfile, engine: EngineModel, block: Index): BlockSet {
  const original = tree.original(block);
  if (sameState === 'fine' || original === block || !has(tree, engine.states, original)) {
    return engine.spoiled & ~tree.bit(block);
  }
  return engine.spoiled | (engine.states & tree.descendants(original));
}

/** What every answer of a call that was rejected looks like. */
export function rejected(engine: EngineModel, code: number, reason: string): Answered {
  return { engine, answer: { status: 'REJECTED', code, reason } };
}

/** Two ELs with the same key are the same. */
export function engineKey({ late, ...rest }: EngineModel): string {
  const sent = late?.call === 'forkchoice' ? Object.values(late.sent).join('/') : late?.block;
  return `${Object.values(rest).join()},${late?.call ?? ''}${sent ?? ''}`;
}
