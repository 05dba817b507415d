import type { Lookup } from '../source/source.js';

/**
 * Looks once more where nothing was found: where several nodes stand behind the URL of the source, the next one may have
 * what this one lacks.
 */
export async function askAgain<T>(look: () => Promise<Lookup<T>>): Promise<Lookup<T>> {
  const found = await look();
  return found.kind === 'absent' ? look() : found;
}
