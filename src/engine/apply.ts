import { sameBlock, type Heads } from '../chain/block.js';
import type { Forkchoice } from '../chain/forkchoice.js';
import { LockstepError } from '../util/errors.js';
import { sleep } from '../util/sleep.js';
import type { AppliedForkchoice } from './engine.js';

/** The answer to a forkchoice, and what the EL showed around it. */
export interface AnsweredForkchoice extends Pick<AppliedForkchoice, 'answer' | 'foreignMove'> {
  /** Right behind it; null where that was not read, or could not be. */
  readonly shown: Heads | null;
}

/** The two calls that applying a forkchoice is made of. */
export interface ForkchoiceCalls {
  send(fc: Forkchoice): Promise<AnsweredForkchoice>;
  heads(): Promise<Heads>;
}

/**
 * Sends a forkchoice, reads the labels back by hash, and repeats a VALID that did not do what it says.
 *
 * The head did not move: reth answers so for some ms after a reorg, so the same forkchoice is sent again after each of
 * `repeatDelaysMs`. Only the labels did not: an unwinding op-reth sets them at the second identical forkchoice, so it
 * is sent once more, at once. Any other answer is read back, because even a -38002 may have moved the head, and
 * returned.
 * @throws LockstepError ABORTED when the signal aborts before the outcome is known
 */
export async function applyForkchoice(
  fc: Forkchoice,
  calls: ForkchoiceCalls,
  repeatDelaysMs: readonly number[],
  signal: AbortSignal,
): Promise<AppliedForkchoice> {
  const delaysMs = repeatDelaysMs.values();
  let labelsSentAgain = false;
  for (let attempts = 1; ; attempts += 1) {
    const { answer, shown, foreignMove } = await calls.send(fc);
    // What came with the answer is believed where it shows all of it: the read may have overtaken the forkchoice.
    const isDone = answer.status === 'VALID' && shown !== null && effectOf(fc, shown) === 'moved';
    const heads = isDone ? shown : await readBack(calls);
    const effect = heads === null ? 'unread' : effectOf(fc, heads);
    const applied: AppliedForkchoice = { effect, answer, heads, foreignMove, attempts };
    if (answer.status !== 'VALID' || effect === 'moved' || effect === 'unread') return applied;
    if (effect === 'head-only') {
      if (labelsSentAgain) return applied;
      labelsSentAgain = true;
      continue;
    }
    const delay = delaysMs.next();
    if (delay.done === true) return applied;
    await sleep(delay.value, signal);
  }
}

/** Null when the EL cannot be read just now: the forkchoice has been answered, so this is no error of the call. */
async function readBack(calls: ForkchoiceCalls): Promise<Heads | null> {
  try {
    return await calls.heads();
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code === 'ABORTED' || error.code === 'INTERNAL') throw error;
    return null;
  }
}

/**
 * The forkchoice does no more than make the next block the head, above the heads that were shown last and with their
 * labels: then the head alone has to be read back. What became of the labels otherwise shows at the next look.
 */
export function isNextBlock({ head, labels }: Forkchoice, { unsafe, safe, finalized }: Heads): boolean {
  if (labels === null || head.parentHash !== unsafe.hash) return false;
  return sameBlock(labels.safe, safe) && sameBlock(labels.finalized, finalized);
}

/** Labels count only if they were sent: zero hashes leave them alone. */
function effectOf({ head, labels }: Forkchoice, heads: Heads): Exclude<AppliedForkchoice['effect'], 'unread'> {
  const headStands = sameBlock(heads.unsafe, head);
  const labelsStand =
    labels === null || (sameBlock(heads.safe, labels.safe) && sameBlock(heads.finalized, labels.finalized));
  if (headStands) return labelsStand ? 'moved' : 'head-only';
  return labels !== null && labelsStand ? 'labels-only' : 'unmoved';
}
