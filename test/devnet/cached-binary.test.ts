import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { CACHE_DIR, cachedBinary } from '../../devnet/els/cached-binary.js';

const NAME = `test-${process.pid}`;

afterEach(() => rmSync(join(CACHE_DIR, NAME), { recursive: true, force: true }));

/** Writes a folder, as another process that makes the same one at the same time would. */
async function whileAnotherMakesIt(unfinished: string): Promise<void> {
  mkdirSync(unfinished);
  writeFileSync(join(unfinished, 'file'), 'second');
  await Promise.resolve();
  mkdirSync(join(CACHE_DIR, NAME));
  writeFileSync(join(CACHE_DIR, NAME, 'file'), 'first');
}

it('keeps the first of two folders that were made at once, and leaves nothing of the second', async () => {
  const folder = await cachedBinary(NAME, whileAnotherMakesIt);
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('first');
  expect(readdirSync(CACHE_DIR).filter((entry) => entry.startsWith(NAME))).toEqual([NAME]);
});

it('makes nothing that is there', async () => {
  mkdirSync(join(CACHE_DIR, NAME), { recursive: true });
  const again = cachedBinary(NAME, () => Promise.reject(new Error('made again')));
  await expect(again).resolves.toBe(join(CACHE_DIR, NAME));
});
