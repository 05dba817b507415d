import type { Lookup } from '../source/source.js';

/**
 * Several nodes may stand behind the URL of the source in turn, one of which lags. While other questions go there as well, the
 * same one may be met a few times in a row.
 */
const MAX_LOOKS = 4;

/** Looks again, at once, where nothing was found: the next node may have what this one lacks. */
export async function askAgain<T>(look: () => Promise<Lookup<T>>): Promise<Lookup<T>> {
  for (let looks = 1; ; looks += 1) {
    const found = await look();
    if (found.kind !== 'absent' || looks === MAX_LOOKS) return found;
  }
}
