import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SyncStatus } from '../../src/chain/sync-status.js';
import { ConsensusWatch } from '../../src/follow/consensus-watch.js';
import { REPLAY_GUARD_MAX_MS } from '../../src/follow/limits.js';
import type { SourceWatchOptions } from '../../src/follow/source-watch.js';
import type { SeenLabels } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { grow } from './blocks.js';
import { MemoryConsensus } from './memory-consensus.js';
import { clock } from './virtual-clock.js';

beforeEach(() => clock.start());
afterEach(() => clock.stop());

const CHAIN = grow(null, 21, 'a');

/** A watch over a consensus client with 20 blocks, and what it made of it. */
class Watching {
  readonly consensus = new MemoryConsensus(CHAIN);
  readonly stop = new AbortController();
  readonly labels: SeenLabels[] = [];
  readonly statuses: SyncStatus[] = [];
  readonly watch: ConsensusWatch;
  news = 0;

  constructor(options: Partial<SourceWatchOptions> = {}) {
    Object.assign(this.consensus, { safe: 6, finalized: 4 });
    this.watch = new ConsensusWatch(this.consensus, {
      pollIntervalMs: 1_000,
      safetyIntervalMs: 4_000,
      now: () => clock.now(),
      random: () => 0,
      onNews: () => void (this.news += 1),
      onLabels: (seen) => void this.labels.push(seen),
      onHeadNews: () => undefined,
      onStatus: (status) => void this.statuses.push(status),
      ...options,
    });
    void this.watch.run(this.stop.signal);
  }

  async reads(ms: number): Promise<number> {
    this.consensus.reads = 0;
    await clock.advance(ms);
    return this.consensus.reads;
  }
}

const LABELS = { safe: CHAIN[6]!.ref, finalized: CHAIN[4]!.ref };

describe('a consensus client', () => {
  it('is pending before the first read, and then shows head and labels of one answer', async () => {
    const watching = new Watching();
    expect(watching.watch.view).toEqual({ kind: 'pending' });
    await clock.advance(1);
    expect(watching.watch.view).toEqual({ kind: 'seen', value: { head: CHAIN[20]!.ref, labels: LABELS } });
    expect(watching.watch.labels).toEqual(LABELS);
    expect(watching.labels).toEqual([{ kind: 'seen', value: LABELS }]);
    expect(watching.statuses).toHaveLength(1);
    expect([watching.news, watching.consensus.reads]).toEqual([1, 1]);
  });

  it('is asked once per tick, whatever the safety interval', async () => {
    const watching = new Watching();
    await clock.advance(1);
    expect(await watching.reads(20_000)).toBe(20);
  });

  it.each([
    ['come when their timestamps tell', 2_000],
    ['outrun their timestamps', 1_000],
  ])('is asked about twice per block where no pause is set and blocks %s', async (_what, blockMs) => {
    const watching = new Watching({ pollIntervalMs: 'auto' });
    const readsOver = async (blocks: number): Promise<number> => {
      watching.consensus.reads = 0;
      for (let block = 0; block < blocks; block += 1) {
        watching.consensus.unsafe += 1;
        await clock.advance(blockMs);
      }
      return watching.consensus.reads;
    };
    watching.consensus.unsafe = 6;
    await readsOver(6);
    const reads = await readsOver(8);
    expect(reads).toBeGreaterThanOrEqual(14);
    expect(reads).toBeLessThanOrEqual(18);
  });

  it('that cannot be read has failed, and leaves the last labels', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.consensus.beforeRead = () => {
      throw new LockstepError('SOURCE_TIMEOUT');
    };
    await clock.advance(1_000);
    const failed = { kind: 'failed', error: { code: 'SOURCE_TIMEOUT' } };
    expect(watching.watch.view).toMatchObject(failed);
    expect(watching.labels.at(-1)).toMatchObject(failed);
    expect(watching.watch.labels).toEqual(LABELS);
  });

  it('that shows finalized above safe is not followed in anything, until it shows something else', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.consensus.finalized = 8;
    await clock.advance(1_000);
    expect(watching.watch.view).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_SCHEMA' } });
    watching.consensus.finalized = 5;
    await clock.advance(1_000);
    expect(watching.watch.view).toMatchObject({ kind: 'seen', value: { labels: { finalized: CHAIN[5]!.ref } } });
  });

  it('that has derived nothing yet is followed in its head only', async () => {
    const watching = new Watching();
    watching.consensus.l1 = null;
    await clock.advance(1);
    expect(watching.watch.view).toEqual({ kind: 'seen', value: { head: CHAIN[20]!.ref, labels: null } });
    expect(watching.labels).toEqual([{ kind: 'unused', why: 'underived' }]);
  });

  it('that restarts is followed in its head only, until it has caught up with itself', async () => {
    const watching = new Watching();
    watching.consensus.unsafe = 18;
    await clock.advance(1);
    Object.assign(watching.consensus, { unsafe: 20, safe: 4, l1: 90 });
    await clock.advance(1_000);
    expect(watching.watch.view).toEqual({ kind: 'seen', value: { head: CHAIN[20]!.ref, labels: LABELS } });
    expect(watching.labels.at(-1)).toEqual({ kind: 'unused', why: 'replaying' });
    Object.assign(watching.consensus, { safe: 7, l1: 95 });
    await clock.advance(1_000);
    expect(watching.watch.labels?.safe).toEqual(CHAIN[7]!.ref);
  });

  it('that stays behind where it was is believed after ten minutes', async () => {
    const watching = new Watching({ pollIntervalMs: 10_000 });
    await clock.advance(1);
    Object.assign(watching.consensus, { safe: 5, l1: 90 });
    await clock.advance(REPLAY_GUARD_MAX_MS);
    expect(watching.watch.labels?.safe).toEqual(CHAIN[6]!.ref);
    await clock.advance(20_000);
    expect(watching.watch.labels?.safe).toEqual(CHAIN[5]!.ref);
  });
});

describe('while an extension runs', () => {
  it('the consensus client is asked at the pace of the labels', async () => {
    const watching = new Watching();
    watching.watch.demand.standsAt(10);
    await clock.advance(1);
    watching.watch.demand.extending(20);
    expect(await watching.reads(40_000)).toBe(10);
  });

  it('it is not asked as long as both labels are ahead of the EL', async () => {
    const watching = new Watching();
    watching.watch.demand.standsAt(3);
    await clock.advance(1);
    watching.watch.demand.extending(20);
    expect(await watching.reads(60_000)).toBe(0);
    watching.watch.demand.standsAt(4);
    expect(await watching.reads(8_000)).toBeGreaterThan(0);
  });

  it('labels that could not be used are asked for', async () => {
    const watching = new Watching();
    watching.consensus.l1 = null;
    await clock.advance(1);
    watching.watch.demand.extending(20);
    expect(await watching.reads(40_000)).toBe(10);
  });

  it('and ends, the head is asked for at once', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.watch.demand.extending(20);
    await clock.advance(1_500);
    watching.watch.demand.extending(null);
    expect(await watching.reads(200)).toBe(1);
  });
});

describe('a stop', () => {
  it('ends the ticker', async () => {
    const watching = new Watching();
    await clock.advance(1);
    watching.stop.abort();
    expect(await watching.reads(20_000)).toBe(0);
  });
});
