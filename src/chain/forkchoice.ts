import { LockstepError } from '../util/errors.js';
import type { BlockRef, Labels } from './block.js';

/**
 * The three refs of one `engine_forkchoiceUpdated`. It can only be made by {@link forkchoice}, so one that is out of
 * order does not exist. Labels come as a pair or not at all: a lone zero label is answered differently by every EL.
 */
export interface Forkchoice {
  readonly head: BlockRef;
  readonly labels: { readonly safe: BlockRef; readonly finalized: BlockRef } | null;
  /** Makes the type nominal: only the constructor in this file can write it. */
  readonly [checked]: true;
}

const checked: unique symbol = Symbol('checked');

/**
 * Checks finalized <= safe <= head, and that equal heights are equal blocks.
 * @throws LockstepError INTERNAL_FORKCHOICE_ORDER when the refs are out of order: nothing may be sent then.
 */
export function forkchoice(head: BlockRef, labels: Labels): Forkchoice {
  const { safe, finalized } = pair(labels);
  if (safe === null || finalized === null) return { head, labels: null, [checked]: true };
  requireOrder('finalized', finalized, 'safe', safe);
  requireOrder('safe', safe, 'head', head);
  return { head, labels: { safe, finalized }, [checked]: true };
}

/** A safe label without a finalized one cannot be sent; finalized without safe stands for both (it is safe as well). */
function pair(labels: Labels): Labels {
  if (labels.finalized === null) return { safe: null, finalized: null };
  return { safe: labels.safe ?? labels.finalized, finalized: labels.finalized };
}

function requireOrder(lowName: string, low: BlockRef, highName: string, high: BlockRef): void {
  if (low.number < high.number || low.hash === high.hash) return;
  throw new LockstepError('INTERNAL_FORKCHOICE_ORDER', {
    detail: `${lowName} ${low.number} ${low.hash} is not at or below ${highName} ${high.number} ${high.hash}`,
    data: { [lowName]: low.number, [highName]: high.number },
  });
}
