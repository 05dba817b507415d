import type { BlockRef } from '../../../src/chain/block.js';
import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { Action, ClimbAction } from '../../../src/follow/action.js';
import { targetOf, type Plan } from '../../../src/recovery/plan.js';
import type { EngineModel } from './engine/state.js';
import type { History } from './history.js';
import { NO_BLOCKS, type BlockSet, type Index, type Tree } from './tree.js';
import { Violation } from './violation.js';

/** What the EL stands on, and what nothing may take back. */
export interface Standing {
  /** The head that the EL showed before this action. */
  readonly shown: Index;
  /** The highest finalized block that the EL ever showed on its chain. */
  readonly fence: Index | null;
  /** The blocks that this lifetime of the EL answered VALID to. */
  readonly validated: BlockSet;
}

/** A head is about to be named, or set: I3, I8. */
export function requireHead(
  tree: Tree,
  action: Action,
  head: Index,
  engine: EngineModel,
  { shown, fence, validated }: Standing,
): void {
  if (head === 0 && action.do !== 'climb') throw new Violation('D3', 'a forkchoice that names genesis');
  const isKnown = tree.isOnLine(head, engine.head) || tree.isOnLine(head, shown);
  if (!isKnown && (validated & tree.bit(head)) === NO_BLOCKS) {
    throw new Violation('I3', `the head ${tree.height(head)} is neither canonical nor VALID in this session`);
  }
  const allowed = headsOf(tree, action, shown);
  if (allowed === null ? !tree.isOnLine(shown, head) : !allowed.includes(head)) {
    throw new Violation('I8', `a head ${tree.height(head)} where ${action.do} has nothing to do`);
  }
  requireFence(tree, fence, shown, head);
}

/**
 * At or above the fence the EL stays there. Where it lost the fence, it is led over it, or goes down its own branch; a
 * copied sibling counts as its parent, since it is the head for a moment only.
 */
function requireFence(tree: Tree, fence: Index | null, shown: Index, head: Index): void {
  if (fence === null || tree.isOnLine(fence, head)) return;
  if (tree.isOnLine(fence, shown)) throw new Violation('I8', 'the EL is moved below or beside a finalized block');
  const led = tree.isCopy(head) ? tree.parent(head) : head;
  if (tree.height(led) < tree.height(fence) || tree.isOnLine(head, shown)) return;
  throw new Violation('I1', 'an EL that lost a finalized block is led past it');
}

/** The heads that a recovery may name; null where the action extends what the EL showed. */
function headsOf(tree: Tree, action: Action, shown: Index): Index[] | null {
  if (action.do === 'climb') return headsOfRung(tree, action, shown);
  if (action.do !== 'unmap') return null;
  const next = tree.all().filter((block) => tree.parent(block) === shown && block !== shown);
  return [...next, ...next.map((block) => tree.copy(block))];
}

function headsOfRung(tree: Tree, { rung, plan }: ClimbAction, shown: Index): Index[] {
  const ancestor = tree.indexOf(plan.ancestor);
  switch (rung) {
    case 'sibling':
      return plan.blocks.slice(0, 1).map((ref) => tree.indexOf(ref));
    case 'forkchoice':
      return [...lineFrom(tree, shown, ancestor)];
    case 'copied-sibling':
      return [tree.copy(ancestor), ancestor];
    case 'set-head':
      return [ancestor];
  }
}

function* lineFrom(tree: Tree, high: Index, low: Index): Generator<Index> {
  for (let at = high; tree.isOnLine(low, at); at = tree.parent(at)) {
    yield at;
    if (at === low) return;
  }
}

/** I7: complete, linked, and above a block of the EL's chain. */
export function requireComplete(tree: Tree, plan: Plan, engine: EngineModel): void {
  const { ancestor, blocks, replaced, engineHead } = plan;
  const lacks = (what: string): Violation => new Violation('I7', `a plan ${what}`);
  let parent: BlockRef = ancestor;
  for (const block of blocks) {
    if (block.parentHash !== parent.hash) throw lacks('with a gap');
    parent = block;
  }
  if (engineHead.hash !== tree.ref(engine.head).hash) throw lacks('for another head of the EL');
  if (!tree.isOnLine(tree.indexOf(replaced), engine.head)) throw lacks('that replaces what the EL does not have');
  if (replaced.parentHash !== ancestor.hash) throw lacks('whose ancestor is not the block below the fork');
  if (blocks[0]?.hash === replaced.hash) throw lacks('that begins below the fork');
  if (targetOf(plan).number < ancestor.number) throw lacks('that ends below its ancestor');
}

/** A payload is about to be sent: I6, I15, and copies only where a rung makes one. */
export function requirePayload(
  tree: Tree,
  action: Action,
  block: Index,
  engine: EngineModel,
  past: { readonly validated: BlockSet; readonly isRefused: boolean },
): void {
  if (tree.isCopy(block)) requireCopy(tree, action, block);
  const parent = tree.parent(block);
  const follows = tree.isOnLine(parent, engine.head) || (past.validated & tree.bit(parent)) !== NO_BLOCKS;
  if (!follows && action.do !== 'el-sync') throw new Violation('I6', 'a payload whose parent the EL was not shown');
  if (past.isRefused) throw new Violation('I15', 'an INVALID block is sent again before its time');
  const { invalid } = engine;
  const descends = invalid !== null && invalid !== block && tree.isOnLine(invalid, block);
  if (descends) throw new Violation('I15', 'a descendant of an INVALID block is sent');
}

function requireCopy(tree: Tree, action: Action, copy: Index): void {
  const isOfAncestor =
    action.do === 'climb' && action.rung === 'copied-sibling' && tree.copy(tree.indexOf(action.plan.ancestor)) === copy;
  const isOfNext = action.do === 'unmap' && tree.parent(copy) === tree.indexOf(action.from);
  if (!isOfAncestor && !isOfNext) throw new Violation('I6', `a copied block in an action ${action.do}`);
}

/** Payloads are about to be sent in one call. */
export function requireBatch(tree: Tree, blocks: readonly Index[], doubted: boolean): void {
  const isChain = blocks.every((block, index) => index === 0 || tree.parent(block) === blocks[index - 1]);
  if (!isChain) throw new Violation('I6', 'a batch of payloads that are no chain');
  if (doubted) throw new Violation('I15', 'a batch after one that was not taken whole');
}

/** A forkchoice with a far head is about to be sent to an EL that stands at `from`. */
export function requireAim(tree: Tree, { head, labels }: Forkchoice, from: Index, { recovery, fence }: History): void {
  if (labels !== null) throw new Violation('I10', 'labels of blocks that the EL may not have');
  const { plan } = recovery;
  if (!tree.isOnLine(from, tree.indexOf(head)) && (plan === null || targetOf(plan).hash !== head.hash)) {
    throw new Violation('I8', 'the EL is pointed at another branch than its own');
  }
  requireFence(tree, fence, from, tree.indexOf(head));
}
