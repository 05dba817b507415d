import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

/** Ignored by git; every file in it is made again when it is missing. */
export const CACHE_DIR = join(projectRoot, '.cache/els');

/** The path of a finished binary, or folder of sources; `make` writes it where it is told, once for each `name`. */
export async function cachedBinary(name: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  const binary = join(CACHE_DIR, name);
  if (existsSync(binary)) return binary;
  mkdirSync(CACHE_DIR, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  await make(unfinished);
  // Two builds at once end in the same file; a half-written one is never seen under the final name.
  try {
    renameSync(unfinished, binary);
  } catch (error) {
    // A folder, unlike a file, does not take the place of another: the first one stays.
    if (!existsSync(binary)) throw error;
    rmSync(unfinished, { recursive: true });
  }
  return binary;
}

/** What an environment variable names; undefined when it is unset or empty. */
export function namedBinary(variable: string): string | undefined {
  const named = process.env[variable];
  return named === '' ? undefined : named;
}
