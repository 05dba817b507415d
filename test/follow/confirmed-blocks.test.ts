import { beforeAll, describe, expect, it } from '@jest/globals';
import { ConfirmedBlocks } from '../../src/follow/confirmed-blocks.js';
import { FetchAhead } from '../../src/follow/fetch-ahead.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow, makeBlock } from './blocks.js';
import { MemorySource } from './memory-source.js';

beforeAll(initKeccak);

const CHAIN = grow(null, 9, 'a');

/** Blocks 3 to `target` of a source on top of block 2, two of which are fetched ahead. */
class Range {
  readonly source = new MemorySource(CHAIN);
  readonly stop = new AbortController();
  target = 6;

  /** The heights that are handed out, and why no more. */
  async handedOut(
    afterFirst: (blocks: ConfirmedBlocks) => void = () => undefined,
  ): Promise<readonly [heights: number[], why: string]> {
    const plan = { from: CHAIN[2]!.ref, to: CHAIN[this.target]!.ref };
    const limits = { maxBlocks: 2, maxBytes: 1_000_000 };
    const { signal } = this.stop;
    const deps = { source: this.source, limits, window: new FetchWindow(2), now: () => 0 };
    const blocks = new FetchAhead(deps, { first: 3, target: plan.to }, signal);
    const confirmed = new ConfirmedBlocks(blocks, plan, this.source, signal);
    const heights: number[] = [];
    while (heights.at(-1) !== plan.to.number) {
      const next = await confirmed.next();
      if (next.kind === 'stop') return [heights, next.stop.why];
      heights.push(next.payload.ref.number);
      if (heights.length === 1) afterFirst(confirmed);
    }
    return [heights, 'reached'];
  }

  /** The source serves something else for one block. */
  at(height: number, answer: Awaited<ReturnType<MemorySource['block']>> | LockstepError): void {
    this.source.meddleBlock = (id) => {
      if (this.source.heightOf(id) !== height) return undefined;
      if (answer instanceof LockstepError) throw answer;
      return answer;
    };
  }
}

describe('the blocks of an extension', () => {
  it('are handed out up to the target, each confirmed by the one behind it', async () => {
    const range = new Range();
    expect(await range.handedOut()).toEqual([[3, 4, 5, 6], 'reached']);
    expect(range.source.calls.filter((call) => call.startsWith('ref'))).toEqual([]);
  });

  it('end before a forged block: nothing behind it links to it, and the source does not know it', async () => {
    const range = new Range();
    range.at(4, { kind: 'found', value: makeBlock(CHAIN[3]!.ref, 'forged').fetched });
    expect(await range.handedOut()).toEqual([[3], 'unlinked']);
  });

  it.each([
    ['a gap', { kind: 'absent' } as const, 'absent'],
    ['a failure', new LockstepError('SOURCE_TIMEOUT'), 'source-failed'],
  ])('are not held back by %s behind them: the source itself confirms the last one', async (_what, answer, why) => {
    const range = new Range();
    range.at(5, answer);
    expect(await range.handedOut()).toEqual([[3, 4], why]);
    expect(range.source.calls).toContain('ref 4');
  });

  it('are confirmed by the next of several nodes, where one lacks the last one as well', async () => {
    const range = new Range();
    range.at(5, { kind: 'absent' });
    let looks = 0;
    range.source.meddleRef = () => (looks++ === 0 ? { kind: 'absent' } : undefined);
    expect(await range.handedOut()).toEqual([[3, 4], 'absent']);
  });

  it.each([
    ['has another block there', () => ({ kind: 'found', value: CHAIN[3]!.ref }) as const],
    ['has none there', () => ({ kind: 'absent' }) as const],
    ['cannot be asked', () => Promise.reject(new LockstepError('SOURCE_TIMEOUT'))],
  ])('end one earlier where the source %s', async (_what, answer) => {
    const range = new Range();
    range.at(5, { kind: 'absent' });
    range.source.meddleRef = answer;
    expect(await range.handedOut()).toEqual([[3], 'absent']);
  });

  it('end without a question to the source after a stop', async () => {
    const range = new Range();
    range.source.meddleBlock = (id) => {
      if (range.source.heightOf(id) !== 5) return undefined;
      range.stop.abort();
      throw new LockstepError('ABORTED');
    };
    const [heights, why] = await range.handedOut();
    expect(why).toBe('aborted');
    expect(heights).not.toContain(4);
    expect(range.source.calls.filter((call) => call.startsWith('ref'))).toEqual([]);
  });

  it('stop with a slice when they are to finish, and what was asked for is handed out', async () => {
    const range = new Range();
    range.target = 8;
    expect(await range.handedOut((blocks) => blocks.finish())).toEqual([[3, 4, 5, 6], 'slice']);
    expect(range.source.calls.filter((call) => call.startsWith('block'))).toHaveLength(4);
  });

  it('are not confirmed by a bug', async () => {
    const range = new Range();
    range.at(5, { kind: 'absent' });
    range.source.meddleRef = () => Promise.reject(new TypeError('oops'));
    await expect(range.handedOut()).rejects.toThrow('oops');
  });
});
