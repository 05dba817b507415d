import { describe, expect, it } from '@jest/globals';
import { withNewestHead } from '../../src/follow/newest-head.js';
import type { Labels } from '../../src/chain/block.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, B, labels } from './examples.js';
import { MemorySource } from './memory-source.js';
import { SOURCE } from './recovery-bench.js';

const { signal } = new AbortController();

type Shown = number | LockstepError;

/** The heads that a source shows in turn, and what is made of them; `asked` of them were asked for. */
class Turns {
  readonly #heads: Shown[];
  readonly #source = new MemorySource(SOURCE);
  readonly #watched = withNewestHead(this.#source);
  asked = 0;

  constructor(...heads: Shown[]) {
    this.#heads = heads;
    this.#source.head = () => {
      const shown = this.#heads[this.asked++]!;
      return shown instanceof LockstepError ? Promise.reject(shown) : Promise.resolve(at(A, shown));
    };
  }

  async head(): Promise<number> {
    return (await this.#watched.head(signal)).number;
  }

  async labels(shown: Labels): Promise<void> {
    this.#source.labels = () => Promise.resolve(shown);
    await this.#watched.labels(signal);
  }
}

describe('the head of a source', () => {
  it('is asked for once where it does not go back', async () => {
    const turns = new Turns(5, 5, 6);
    expect([await turns.head(), await turns.head(), await turns.head()]).toEqual([5, 5, 6]);
    expect(turns.asked).toBe(3);
  });

  it('is asked for once more where it goes back, since the next node may be ahead', async () => {
    const turns = new Turns(5, 3, 6);
    expect([await turns.head(), await turns.head()]).toEqual([5, 6]);
  });

  it('is asked for once more where it is below a label that was seen', async () => {
    const turns = new Turns(5, 8);
    await turns.labels(labels(B, 7, 6));
    expect(await turns.head()).toBe(8);
  });

  it('is what it is where it is lower both times, and asked for once from then on', async () => {
    const turns = new Turns(9, 4, 5, 5);
    expect([await turns.head(), await turns.head(), await turns.head()]).toEqual([9, 5, 5]);
    expect(turns.asked).toBe(4);
  });

  it('stands where the second question fails', async () => {
    const turns = new Turns(9, 4, new LockstepError('SOURCE_TIMEOUT'));
    expect([await turns.head(), await turns.head()]).toEqual([9, 4]);
  });

  it('is not waited for after a stop', async () => {
    const turns = new Turns(9, 4, new LockstepError('ABORTED'));
    await turns.head();
    await expect(turns.head()).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
