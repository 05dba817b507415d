import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedBinary, namedBinary } from '../../devnet/els/cached-binary.js';
import { answers, unpackPackages } from '../rig/debian-package.js';

/**
 * The promtool to run: the one that LOCKSTEP_PROMTOOL names, one on the PATH, or that of Debian's package, unpacked into
 * the cache once. Nothing is installed and no right is needed for it; building it would take minutes.
 * @throws Error where there is neither, nor apt
 */
export async function promtoolBinary(): Promise<string> {
  const named = namedBinary('LOCKSTEP_PROMTOOL');
  if (named !== undefined) return named;
  if (await answers('promtool')) return 'promtool';
  return cachedBinary('promtool', async (unfinished) => {
    const folder = `${unfinished}.deb`;
    try {
      await unpackPackages(['prometheus'], folder, 'alone');
      await rename(join(folder, 'usr/bin/promtool'), unfinished);
    } catch (cause) {
      throw new Error('promtool is not at hand and cannot be had by apt; LOCKSTEP_PROMTOOL can name one', { cause });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
