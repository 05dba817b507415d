import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { EngineView } from '../../../src/follow/state.js';
import type { LabelPair } from './source-model.js';
import type { Index, Tree } from './tree.js';
import { Violation } from './violation.js';

interface KnownLabels {
  /** What binds: the labels that the EL showed on the part of its chain that stays, and the fence. */
  readonly own: LabelPair;
  readonly source: LabelPair | null;
  /** What the EL showed, wherever these blocks are. */
  readonly shown: readonly [safe: Index | null, finalized: Index | null];
  /** A safe block that was shown before. */
  readonly remembered: Index | null;
  /** The last finalized block that this lifetime of the EL took from us, and the highest one that it ever showed. */
  readonly sent: Index | null;
  readonly fence: Index | null;
}

/** Checks the labels of a forkchoice: I1, I2, I4, I10, I12. */
export function requireLabels(tree: Tree, { head, labels }: Forkchoice, known: KnownLabels): void {
  const isOnChain = (one: Index | null): boolean => one !== null && tree.isOnLine(one, tree.indexOf(head));
  const onChain = [known.sent, known.fence].filter(isOnChain);
  if (labels === null) {
    if (known.own.finalized !== null) throw new Violation('I4', 'zero labels although the EL has a finalized block');
    // A finalized block that it took beside or above its chain would go back with any that can be named; zeros leave it.
    const [, finalized] = known.shown;
    if (onChain.length > 0 && (finalized === null || isOnChain(finalized)))
      throw new Violation('I4', 'zero labels after others were taken');
    return;
  }
  const safe = tree.indexOf(labels.safe);
  const finalized = tree.indexOf(labels.finalized);
  if (!tree.isOnLine(finalized, safe) || !tree.isOnLine(safe, tree.indexOf(head))) {
    throw new Violation('I2', 'finalized, safe and head are not on one chain in this order');
  }
  requireNotLower(tree, known.own.finalized, finalized);
  requireNotLower(tree, known.own.safe, safe);
  if (onChain.some((one) => !tree.isOnLine(one!, finalized))) throw new Violation('I1', 'finality moves back');
  requireShown([safe, finalized], known);
}

/** The labels that hold up to a height of the chain that the EL showed: what is given up with a branch binds nobody. */
export function ownLabels(
  tree: Tree,
  { heads: { unsafe, safe, finalized } }: EngineView,
  fence: Index | null,
  shared: number,
): LabelPair {
  const head = tree.indexOf(unsafe);
  const keep = (label: Index | null): Index | null =>
    label !== null && tree.height(label) <= shared && tree.isOnLine(label, head) ? label : null;
  const shown = finalized === null ? null : keep(tree.indexOf(finalized));
  const kept = keep(fence);
  const isHigher = kept !== null && (shown === null || tree.height(kept) > tree.height(shown));
  return { safe: safe === null ? null : keep(tree.indexOf(safe)), finalized: isHigher ? kept : shown };
}

function requireNotLower(tree: Tree, floor: Index | null, label: Index): void {
  if (floor === null || tree.isOnLine(floor, label)) return;
  throw new Violation('I12', `a label goes from ${tree.height(floor)} to ${tree.height(label)}`);
}

/** Every label is one that a side showed: nothing is clamped. */
function requireShown(labels: readonly Index[], { own, source, shown, remembered, fence }: KnownLabels): void {
  const known = [...shown, own.finalized, remembered, fence, source?.safe ?? null, source?.finalized ?? null];
  if (labels.some((label) => !known.includes(label))) throw new Violation('I10', 'a label that no side showed');
}
