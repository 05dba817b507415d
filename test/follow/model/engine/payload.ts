import type { EngineAnswer } from '../../../../src/engine/engine.js';
import type { Index, Tree } from '../tree.js';
import type { EngineProfile } from './profile.js';
import { executed, has, isCanonical, rejected, type Answered, type EngineModel } from './state.js';

export function newPayload(tree: Tree, profile: EngineProfile, engine: EngineModel, block: Index): Answered {
  const parent = tree.parent(block);
  if (block === engine.invalid || has(tree, engine.bad, block)) {
    return invalid(tree, profile, engine, block, 'invalid merkle root');
  }
  if (has(tree, engine.bad, parent)) {
    return invalid(tree, profile, engine, block, 'links to previously rejected block');
  }
  if (isTakenAsKnown(tree, profile, engine, block)) return { engine, answer: { status: 'VALID' } };
  if (!has(tree, engine.known, parent)) return { engine, answer: { status: profile.orphan } };
  if (engine.lazy > 0) return { engine: { ...engine, lazy: engine.lazy - 1 }, answer: { status: 'SYNCING' } };
  if (isWithoutState(tree, profile, engine, parent)) return withoutState(tree, profile, engine, block);
  if (has(tree, engine.spoiled, parent)) {
    return invalid(tree, profile, engine, block, 'invalid receipt root hash');
  }
  return { engine: executed(tree, profile, engine, block), answer: { status: 'VALID' } };
}

function isTakenAsKnown(tree: Tree, { knownIsValid }: EngineProfile, engine: EngineModel, block: Index): boolean {
  if (!has(tree, engine.known, block)) return false;
  return knownIsValid === 'stored' || isCanonical(tree, engine, block);
}

/** A window below zero: this answer takes the state of every parent for gone. */
function isWithoutState(tree: Tree, { stateWindow }: EngineProfile, { states }: EngineModel, parent: Index): boolean {
  return stateWindow < 0 || !has(tree, states, parent);
}

function withoutState(tree: Tree, profile: EngineProfile, engine: EngineModel, block: Index): Answered {
  switch (profile.withoutState) {
    case 'ACCEPTED':
    case 'SYNCING':
      return { engine, answer: { status: profile.withoutState } };
    case 'INVALID':
      return invalid(tree, profile, engine, block, 'parent world state is not available');
    case 'REJECTED':
      return rejected(engine, -32603, 'insufficient changesets');
  }
}

function invalid(tree: Tree, profile: EngineProfile, engine: EngineModel, block: Index, reason: string): Answered {
  const latestValidHash = tree.ref(tree.parent(block)).hash;
  const verdictOn = reason.includes('world state') ? 'state' : 'block';
  const answer: EngineAnswer = { status: 'INVALID', latestValidHash, reason, verdictOn };
  const remembers = profile.bad === 'sticky' || (profile.bad === 'descendants' && verdictOn === 'block');
  return { engine: remembers ? { ...engine, bad: engine.bad | tree.bit(block) } : engine, answer };
}
