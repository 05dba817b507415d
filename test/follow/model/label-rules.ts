import type { Labels } from '../../../src/chain/block.js';
import type { Forkchoice } from '../../../src/chain/forkchoice.js';
import type { LabelPair } from './source-model.js';
import type { Index, Tree } from './tree.js';
import { Violation } from './violation.js';

interface KnownLabels {
  /** What the EL showed, as far as it is at or below its head and canonical. */
  readonly own: Labels;
  readonly source: LabelPair | null;
  /** The last finalized block that this lifetime of the EL took from us. */
  readonly sent: Index | null;
}

/** Checks the labels of a forkchoice: I1, I2, I4, I10, I12. */
export function requireLabels(tree: Tree, { head, labels }: Forkchoice, known: KnownLabels): void {
  if (labels === null) {
    requireNoneKnown(known);
    return;
  }
  const safe = tree.indexOf(labels.safe);
  const finalized = tree.indexOf(labels.finalized);
  if (!tree.isOnLine(finalized, safe) || !tree.isOnLine(safe, tree.indexOf(head))) {
    throw new Violation('I2', 'finalized, safe and head are not on one chain in this order');
  }
  requireNotLower(tree, known.own.finalized, finalized);
  requireNotLower(tree, known.own.safe, safe);
  if (known.sent !== null && !tree.isOnLine(known.sent, finalized)) throw new Violation('I1', 'finality moves back');
  requireShown(tree, [safe, finalized], known);
}

function requireNoneKnown({ own, sent }: KnownLabels): void {
  if (own.finalized !== null) throw new Violation('I4', 'zero labels although the EL shows a finalized block');
  if (sent !== null) throw new Violation('I4', 'zero labels after others were taken');
}

function requireNotLower(tree: Tree, floor: Labels['safe'], label: Index): void {
  if (floor === null || tree.isOnLine(tree.indexOf(floor), label)) return;
  throw new Violation('I12', `a label goes from ${floor.number} to ${tree.height(label)}`);
}

/** Every label is one that a side showed: nothing is clamped. */
function requireShown(tree: Tree, labels: readonly Index[], { own, source }: KnownLabels): void {
  const shown = [own.safe, own.finalized].map((ref) => (ref === null ? null : tree.indexOf(ref)));
  const known: (Index | null)[] = [...shown, source?.safe ?? null, source?.finalized ?? null];
  if (labels.some((label) => !known.includes(label))) throw new Violation('I10', 'a label that no side showed');
}
