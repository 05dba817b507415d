import { describe, expect, it } from '@jest/globals';
import { askAgain } from '../../src/follow/ask-again.js';
import type { Lookup } from '../../src/source/source.js';

/** The answers that a lookup comes to, and how many of them were asked for. */
async function asked(...answers: readonly Lookup<string>[]): Promise<{ found: Lookup<string>; calls: number }> {
  let calls = 0;
  const found = await askAgain(() => Promise.resolve(answers[calls++]!));
  return { found, calls };
}

describe('a lookup at a source that may be several nodes', () => {
  it('is made once more where nothing was found, and no more than once', async () => {
    expect(await asked({ kind: 'absent' }, { kind: 'found', value: 'x' })).toEqual({
      found: { kind: 'found', value: 'x' },
      calls: 2,
    });
    expect(await asked({ kind: 'absent' }, { kind: 'absent' })).toEqual({ found: { kind: 'absent' }, calls: 2 });
  });

  it('is made once where it was found, or is gone for good', async () => {
    expect(await asked({ kind: 'found', value: 'x' })).toMatchObject({ calls: 1 });
    expect(await asked({ kind: 'pruned', detail: 'gone' })).toMatchObject({ calls: 1 });
  });
});
