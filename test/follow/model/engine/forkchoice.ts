import type { Index, Tree } from '../tree.js';
import { arrived } from './peers.js';
import type { EngineProfile } from './profile.js';
import { afterRemoval } from './removal.js';
import { executed, has, isCanonical, rejected, type Answered, type EngineModel, type SentForkchoice } from './state.js';

const TOO_DEEP = -38006;
const BAD_STATE = -38002;
const INTERNAL = -32603;

export function forkchoiceUpdated(
  tree: Tree,
  profile: EngineProfile,
  engine: EngineModel,
  sent: SentForkchoice,
): Answered {
  const { head } = sent;
  if (!has(tree, engine.known, head)) {
    const wanted = engine.peerBlocks === null ? engine.wanted : head;
    return { engine: { ...engine, wanted }, answer: { status: 'SYNCING' } };
  }
  if (engine.deaf > 0) return valid({ ...engine, deaf: engine.deaf - 1 });
  const refusal = profile.labels.atomic ? refusalOf(tree, profile, engine, sent) : null;
  if (refusal !== null) return rejected(engine, refusal, 'the labels do not fit the head');
  if (head === engine.head) return atSameHead(tree, profile, engine, sent);
  if (isCanonical(tree, engine, head)) return toCanonical(tree, profile, engine, sent);
  if (has(tree, engine.fading, head)) return toRemoved(tree, profile, engine);
  return moved(tree, profile, engine, sent);
}

function atSameHead(tree: Tree, profile: EngineProfile, engine: EngineModel, sent: SentForkchoice): Answered {
  const primed = arrived(tree, { ...engine, synced: true });
  return profile.labels.atSameHead ? labelled(tree, profile, primed, sent) : valid(primed);
}

/** To an ancestor of the head, or up a mapping of an earlier life. */
function toCanonical(tree: Tree, profile: EngineProfile, engine: EngineModel, sent: SentForkchoice): Answered {
  const height = tree.height(sent.head);
  if (engine.finalized !== null && height < tree.height(engine.finalized)) {
    if (profile.belowFinalized === 'ignored') return valid(engine);
    if (profile.belowFinalized === 'labels-only') return labelled(tree, profile, engine, sent);
    if (profile.belowFinalized === 'too-deep') return rejected(engine, TOO_DEEP, 'Too deep reorg');
  }
  if (profile.ancestor === 'ignored') return valid(engine);
  if (profile.ancestor === 'labels-only') return labelled(tree, profile, { ...engine, synced: true }, sent);
  const depth = underflowing(tree.height(engine.head) - height);
  if (depth > profile.maxReset) {
    return rejected(engine, TOO_DEEP, `reorg depth ${depth} exceeds limit ${profile.maxReset}`);
  }
  if (profile.gated && !engine.synced) return valid(engine);
  return moved(tree, profile, engine, sent);
}

/** A depth is unsigned: up a stale mapping it is absurd (engines-measured 1.3). */
function underflowing(depth: number): number {
  return depth < 0 ? 2 ** 64 + depth : depth;
}

/** To a block that has just been given up. */
function toRemoved(tree: Tree, profile: EngineProfile, engine: EngineModel): Answered {
  const [settled] = afterRemoval(profile, engine);
  if (profile.removed === 'lies') return valid(settled);
  return rejected({ ...settled, up: false }, INTERNAL, `no receipt found at ${tree.height(engine.head)}`);
}

function moved(tree: Tree, profile: EngineProfile, engine: EngineModel, sent: SentForkchoice): Answered {
  const stateless = !has(tree, engine.states, sent.head);
  if (stateless && profile.statelessHead === 'too-deep') return rejected(engine, TOO_DEEP, 'state not available');
  const again = stateless && profile.statelessHead === 'executed-again';
  const ready = again ? executedAgain(tree, profile, engine, sent.head) : engine;
  const there = placed(tree, profile, ready, sent.head);
  const isRewind = tree.isOnLine(sent.head, engine.head);
  if (isRewind && profile.ancestor === 'head-first') return valid(there);
  const set = labelled(tree, profile, there, sent);
  const isReorg = !tree.isOnLine(engine.head, sent.head);
  const isBusy = isReorg && set.answer.status === 'VALID' && profile.reorgAnswer === 'SYNCING';
  return isBusy ? { ...set, answer: { status: 'SYNCING' } } : set;
}

/** The head is the block, and what was canonical above the fork is not any more. */
function placed(tree: Tree, { removed }: EngineProfile, engine: EngineModel, head: Index): EngineModel {
  const givenUp = tree.line(engine.head) & ~tree.line(head);
  const fading = removed === 'moves' ? engine.fading : (engine.fading | givenUp) & ~tree.line(head);
  return arrived(tree, { ...engine, head, mapped: mappedAbove(tree, engine, head), fading, synced: true });
}

/** One block on top of the head replaces one number of a stale mapping; a reorg deletes the rest of it (2.0.2). */
function mappedAbove(tree: Tree, engine: EngineModel, head: Index): Index | null {
  const { mapped } = engine;
  if (mapped === null || tree.height(mapped) <= tree.height(head)) return null;
  return tree.parent(head) === engine.head || engine.stubborn ? mapped : null;
}

/** The state of a block that was executed before comes back from the nearest one below it, by undoing where none is left. */
function executedAgain(tree: Tree, profile: EngineProfile, engine: EngineModel, block: Index): EngineModel {
  const path: Index[] = [];
  for (let at = block; !has(tree, engine.states, at); at = tree.parent(at)) {
    if (tree.isOnLine(at, engine.head)) return executeAll(tree, profile, { ...engine, states: tree.bit(at) }, path);
    path.unshift(at);
  }
  return executeAll(tree, profile, engine, path);
}

function executeAll(tree: Tree, profile: EngineProfile, engine: EngineModel, path: readonly Index[]): EngineModel {
  return path.reduce((before, block) => executed(tree, profile, before, block), engine);
}

/** Sets the labels; one that cannot be set stops it there: -38002, and what was done before stays done. */
function labelled(tree: Tree, profile: EngineProfile, engine: EngineModel, sent: SentForkchoice): Answered {
  let next = engine;
  for (const label of ['finalized', 'safe'] as const) {
    const block = sent[label] ?? zeroLabel(profile, engine);
    if (block === null) continue;
    if (!canBeLabel(tree, profile, engine, block)) return badState(next);
    next = { ...next, [label]: isHidden(tree, profile, next, block) ? null : block };
  }
  return valid(next);
}

function isHidden(tree: Tree, { labels }: EngineProfile, { head }: EngineModel, block: Index): boolean {
  return labels.aboveHead === 'hidden' && tree.height(block) > tree.height(head);
}

function zeroLabel({ labels }: EngineProfile, { head }: EngineModel): Index | null {
  return labels.zeros === 'genesis' && head !== 0 ? 0 : null;
}

function canBeLabel(tree: Tree, { labels }: EngineProfile, engine: EngineModel, block: Index): boolean {
  if (!has(tree, engine.known, block)) return false;
  return labels.rule !== 'canonical' || isCanonical(tree, engine, block);
}

/** The code with which labels are refused before anything moves; null where they are finalized <= safe <= head on one chain. */
function refusalOf(
  tree: Tree,
  { labels }: EngineProfile,
  { known }: EngineModel,
  { head, safe, finalized }: SentForkchoice,
): number | null {
  const line = [finalized, safe, head].filter((block) => block !== null);
  const pairs = line.slice(1).map((upper, index): readonly [Index, Index] => [line[index]!, upper]);
  if (line.some((block) => !has(tree, known, block))) return BAD_STATE;
  if (pairs.some(([lower, upper]) => tree.height(lower) > tree.height(upper))) return labels.outOfOrder;
  return pairs.every(([lower, upper]) => tree.isOnLine(lower, upper)) ? null : BAD_STATE;
}

function valid(engine: EngineModel): Answered {
  return { engine, answer: { status: 'VALID' } };
}

function badState(engine: EngineModel): Answered {
  return rejected(engine, BAD_STATE, 'not in canonical chain');
}
