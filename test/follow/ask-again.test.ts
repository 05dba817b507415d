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
  it('is made up to three times more where nothing was found', async () => {
    const absent = { kind: 'absent' } as const;
    const found = { kind: 'found', value: 'x' } as const;
    expect(await asked(absent, found)).toEqual({ found, calls: 2 });
    expect(await asked(absent, absent, absent, found)).toEqual({ found, calls: 4 });
    expect(await asked(absent, absent, absent, absent, found)).toEqual({ found: absent, calls: 4 });
  });

  it('is made once where it was found, or is gone for good', async () => {
    expect(await asked({ kind: 'found', value: 'x' })).toMatchObject({ calls: 1 });
    expect(await asked({ kind: 'pruned', detail: 'gone' })).toMatchObject({ calls: 1 });
  });
});
