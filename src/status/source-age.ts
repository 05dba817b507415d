import type { Logger } from 'pino';
import type { Turn } from '../follow/state.js';
import type { Hash } from '../util/hex.js';

/** A chain that makes blocks at all makes several in this time. */
const SAID_AFTER_MS = 60_000;

/**
 * Watches how long the source has shown the same head, which may be a chain that stands still or a node that does
 * (reliability S24): from here the two look alike, so it is told, and nothing is done about it. While blocks are replayed
 * up to that head no newer one is asked for, so that time does not count. Gives the age in ms.
 */
export function watchSourceAge(log: Logger, now: () => number): (turn: Turn) => number {
  let head: Hash | null = null;
  let since = now();
  let said = false;
  let extendingSince: number | null = null;
  return ({ observation: { source }, action }) => {
    if (extendingSince !== null) since += now() - extendingSince;
    extendingSince = action.do === 'extend' ? now() : null;
    if (source.kind !== 'seen') return now() - since;
    const { number, hash } = source.value.head;
    if (hash !== head) {
      if (said)
        log.info({ number, silent_s: Math.round((now() - since) / 1_000) }, 'The source shows new blocks again');
      head = hash;
      since = now();
      said = false;
    }
    const ageMs = now() - since;
    if (!said && ageMs >= SAID_AFTER_MS) {
      log.warn({ number }, 'The source has shown no new block for a minute');
      said = true;
    }
    return ageMs;
  };
}
