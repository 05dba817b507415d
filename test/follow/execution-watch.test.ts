import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ExecutionWatch } from '../../src/follow/execution-watch.js';
import type { SourceWatchOptions } from '../../src/follow/source-watch.js';
import { initKeccak } from '../../src/payload/keccak.js';
import type { SeenLabels } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow, makeBlock } from './blocks.js';
import { MemorySource } from './memory-source.js';
import { clock } from './virtual-clock.js';

beforeAll(() => initKeccak());
beforeEach(() => clock.start());
afterEach(() => clock.stop());

const CHAIN = grow(null, 21, 'a');

/** A watch over a source with 20 blocks, and what it made of it. */
class Watching {
  readonly source = new MemorySource(CHAIN);
  readonly stop = new AbortController();
  readonly labels: SeenLabels[] = [];
  readonly watch: ExecutionWatch;
  news = 0;

  constructor(options: Partial<SourceWatchOptions> = {}) {
    this.watch = new ExecutionWatch(this.source, null, {
      pollIntervalMs: 1_000,
      safetyIntervalMs: 4_000,
      now: () => clock.now(),
      random: () => 0,
      onNews: () => void (this.news += 1),
      onLabels: (seen) => void this.labels.push(seen),
      onStatus: () => undefined,
      onHeadNews: () => undefined,
      ...options,
    });
    void this.watch.run(this.stop.signal);
  }

  /** How often each read was started, and forgets about it. */
  async count(ms: number): Promise<{ head: number; labels: number }> {
    this.source.calls.length = 0;
    await clock.advance(ms);
    const count = (call: string): number => this.source.calls.filter((each) => each === call).length;
    return { head: count('head'), labels: count('labels') };
  }

  failing(call: 'head' | 'labels' | null): void {
    this.source.beforeRead = (each) => {
      if (each === call) throw new LockstepError('SOURCE_TIMEOUT');
    };
  }
}

describe('the source', () => {
  it('is pending before the first read, and then shows its head and its coherent labels', async () => {
    const watching = new Watching();
    expect(watching.watch.view).toEqual({ kind: 'pending' });
    watching.source.safe = 6;
    watching.source.finalized = 4;
    await clock.advance(1);
    const labels = { safe: CHAIN[6]!.ref, finalized: CHAIN[4]!.ref };
    expect(watching.watch.view).toEqual({ kind: 'seen', value: { head: CHAIN[20]!.ref, labels } });
    expect(watching.watch.labels).toEqual(labels);
    expect(watching.labels).toEqual([{ kind: 'seen', value: labels }]);
    expect(watching.news).toBe(2);
  });

  it('is there as long as its head is: a failed read of the labels leaves the last ones', async () => {
    const watching = new Watching();
    watching.source.finalized = 4;
    await clock.advance(1);
    watching.failing('labels');
    await clock.advance(10_000);
    expect(watching.watch.view).toMatchObject({ kind: 'seen', value: { labels: { finalized: CHAIN[4]!.ref } } });
    expect(watching.labels.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_TIMEOUT' } });
  });

  it('has failed when its head cannot be read', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.failing('head');
    await clock.advance(1_000);
    expect(watching.watch.view).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_TIMEOUT' } });
  });

  it('says nothing by labels that are incoherent', async () => {
    const watching = new Watching();
    watching.source.safe = 6;
    watching.source.finalized = 4;
    await clock.advance(1);
    watching.source.finalized = 8;
    await clock.advance(4_000);
    expect(watching.labels.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_SCHEMA' } });
    expect(watching.watch.labels).toEqual({ safe: CHAIN[6]!.ref, finalized: CHAIN[4]!.ref });
  });
});

describe('the two tickers', () => {
  it('have a pace of their own', async () => {
    const watching = new Watching();
    await clock.advance(1);
    expect(await watching.count(20_000)).toEqual({ head: 20, labels: 5 });
  });

  it.each([
    ['head', { head: 0, labels: 5 }],
    ['labels', { head: 20, labels: 0 }],
  ] as const)('do not wait for a read of the %s that never ends', async (call, expected) => {
    const watching = new Watching();
    const source = watching.source;
    await clock.advance(1);
    const hang = (): Promise<never> => new Promise(() => undefined);
    if (call === 'head') source.head = hang;
    else source.labels = hang;
    expect(await watching.count(20_000)).toEqual(expected);
  });

  it('do not reset the back-off of each other', async () => {
    const watching = new Watching({ safetyIntervalMs: 100 });
    await clock.advance(1);
    watching.failing('head');
    await clock.advance(60_000);
    const { head, labels } = await watching.count(15_000);
    expect(head).toBe(2);
    expect(labels).toBe(150);
  });
});

describe('while an extension runs', () => {
  it('the head is not read, because its target is known', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.watch.demand.extending(20);
    expect((await watching.count(60_000)).head).toBe(0);
    watching.watch.demand.extending(null);
    expect((await watching.count(2_000)).head).toBeGreaterThan(0);
  });

  it('labels are not read as long as both are ahead of the EL', async () => {
    const watching = new Watching();
    watching.source.safe = 15;
    watching.source.finalized = 10;
    watching.watch.demand.standsAt(3);
    await clock.advance(1);
    watching.watch.demand.extending(20);
    expect((await watching.count(60_000)).labels).toBe(0);
    watching.watch.demand.standsAt(10);
    expect((await watching.count(8_000)).labels).toBeGreaterThan(0);
  });

  it.each([
    ['finalized is unset', 15, null],
    ['safe is unset', null, 10],
    ['finalized was reached', 15, 3],
  ])('labels are read when %s', async (_why, safe, finalized) => {
    const watching = new Watching();
    Object.assign(watching.source, { safe, finalized });
    watching.watch.demand.standsAt(3);
    await clock.advance(1);
    watching.watch.demand.extending(20);
    expect((await watching.count(40_000)).labels).toBe(10);
  });

  it('labels that were never read are read', async () => {
    const watching = new Watching();
    watching.failing('labels');
    await clock.advance(1);
    watching.watch.demand.extending(20);
    watching.failing(null);
    expect((await watching.count(40_000)).labels).toBeGreaterThan(8);
  });
});

/** Blocks of two seconds by their timestamps, one of which arrives every `arrivalMs`. */
async function growing(watching: Watching, blocks: number, arrivalMs: number): Promise<void> {
  const chain = [...watching.source.chain];
  watching.source.chain = chain;
  for (let made = 0; made < blocks; made += 1) {
    await clock.advance(arrivalMs);
    chain.push(makeBlock(chain.at(-1)!.ref, 'a'));
  }
}

describe('the automatic pace of the labels', () => {
  it.each([
    ['4 s, before the block time is known', 0, 0, 10],
    ['8 blocks, where safe does not move by the clock', 30, 2_000, 3],
    ['30 s at most', 20, 12_000, 2],
  ])('is %s', async (_what, blocks, arrivalMs, reads) => {
    const watching = new Watching({ pollIntervalMs: 'auto', safetyIntervalMs: 'auto' });
    await clock.advance(1);
    await growing(watching, blocks, arrivalMs);
    const { labels } = await watching.count(40_000);
    expect(Math.abs(labels - reads)).toBeLessThanOrEqual(1);
  });

  /** Safe moves by three blocks in every sixth second. */
  async function batching(watching: Watching, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 6) {
      await growing(watching, 3, 2_000);
      watching.source.safe = watching.source.chain.length - 6;
    }
  }

  it('is that of safe where it moves by the clock: it is asked for alone, and finalized every 12 blocks', async () => {
    const watching = new Watching({ pollIntervalMs: 'auto', safetyIntervalMs: 'auto' });
    Object.assign(watching.source, { safe: 10, finalized: 8 });
    await batching(watching, 60);
    watching.source.calls.length = 0;
    const news = watching.labels.length;
    await batching(watching, 600);
    const count = (call: string): number => watching.source.calls.filter((each) => each === call).length;
    expect(count('labels')).toBeGreaterThanOrEqual(20);
    expect(count('labels')).toBeLessThanOrEqual(25);
    expect(count('safe')).toBeLessThan(2 * 100);
    expect(watching.labels.length - news).toBe(count('labels') + count('safe'));
    expect(watching.watch.labels!.safe!.number).toBeGreaterThan(watching.source.chain.length - 10);
    expect(watching.watch.labels!.finalized).toEqual(CHAIN[8]!.ref);
  });

  it('reads both where the safe block of the source is below what was final there', async () => {
    const watching = new Watching({ pollIntervalMs: 'auto', safetyIntervalMs: 'auto' });
    Object.assign(watching.source, { safe: 10, finalized: 8 });
    await batching(watching, 60);
    Object.assign(watching.source, { safe: 5, finalized: 4 });
    await growing(watching, 6, 2_000);
    expect(watching.watch.labels).toEqual({ safe: CHAIN[5]!.ref, finalized: CHAIN[4]!.ref });
    expect(watching.labels.every(({ kind }) => kind === 'seen')).toBe(true);
  });
});

describe('a stop', () => {
  it('ends both tickers', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.stop.abort();
    expect(await watching.count(20_000)).toEqual({ head: 0, labels: 0 });
  });
});
