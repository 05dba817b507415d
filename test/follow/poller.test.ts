import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jittered, Poller } from '../../src/follow/poller.js';
import type { Seen } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { clock } from './virtual-clock.js';

beforeEach(() => clock.start());
afterEach(() => clock.stop());

const INTERVAL_MS = 1_000;

/** A poller that reads what the test put into `next`, and when it did. */
class Reads {
  readonly at: number[] = [];
  readonly seen: Seen<string>[] = [];
  readonly stop = new AbortController();
  next: () => Promise<string> = () => Promise.resolve('value');
  paused = false;
  random = 0;
  readonly poller = new Poller<string>({
    read: () => {
      this.at.push(clock.now());
      return this.next();
    },
    pauseMs: (random) => jittered(INTERVAL_MS, random),
    paused: () => this.paused,
    onRead: (seen) => void this.seen.push(seen),
    random: () => this.random,
  });

  run(): Promise<void> {
    return this.poller.run(this.stop.signal);
  }

  fail(error: LockstepError = new LockstepError('SOURCE_TIMEOUT')): void {
    this.next = () => Promise.reject(error);
  }
}

describe('a poller', () => {
  it('reads at once and then after every interval', async () => {
    const reads = new Reads();
    expect(reads.poller.latest).toEqual({ kind: 'pending' });
    void reads.run();
    await clock.advance(2_500);
    expect(reads.at).toEqual([0, 1_000, 2_000]);
    expect(reads.poller.latest).toEqual({ kind: 'seen', value: 'value' });
  });

  it('pauses for up to three tenths less, so that it does not stay in step with another ticker (S11)', async () => {
    const reads = new Reads();
    reads.random = 1;
    void reads.run();
    await clock.advance(1_500);
    expect(reads.at).toEqual([0, 700, 1_400]);
  });

  it('tells every value and every failure, and keeps the latest', async () => {
    const reads = new Reads();
    const error = new LockstepError('SOURCE_TIMEOUT');
    void reads.run();
    await clock.advance(500);
    reads.fail(error);
    await clock.advance(1_000);
    expect(reads.seen).toEqual([
      { kind: 'seen', value: 'value' },
      { kind: 'failed', error },
      { kind: 'failed', error },
      { kind: 'failed', error },
    ]);
    expect(reads.poller.latest).toEqual({ kind: 'failed', error });
  });

  it('waits longer after each failure in a row, and starts anew after a value', async () => {
    const reads = new Reads();
    reads.fail();
    void reads.run();
    await clock.advance(2_000);
    expect(reads.at).toEqual([0, 125, 375, 875, 1_875]);
    reads.next = () => Promise.resolve('value');
    await clock.advance(2_000);
    expect(reads.at.at(-1)).toBe(3_875);
    reads.fail();
    await clock.advance(1_200);
    expect(reads.at.slice(-2)).toEqual([4_875, 5_000]);
  });

  it('grants the pause that the source asks for', async () => {
    const reads = new Reads();
    reads.fail(new LockstepError('SOURCE_THROTTLED', { data: { retryAfterMs: 30_000 } }));
    void reads.run();
    await clock.advance(30_000);
    expect(reads.at).toEqual([0, 30_000]);
  });

  it('reads nothing while it is paused, and soon after', async () => {
    const reads = new Reads();
    void reads.run();
    await clock.advance(500);
    reads.paused = true;
    await clock.advance(10_000);
    expect(reads.at).toEqual([0]);
    expect(reads.poller.latest).toEqual({ kind: 'seen', value: 'value' });
    reads.paused = false;
    await clock.advance(100);
    expect(reads.at).toHaveLength(2);
  });

  it('does not read while another read is under way', async () => {
    const reads = new Reads();
    reads.next = () => new Promise(() => undefined);
    void reads.run();
    await clock.advance(60_000);
    expect(reads.at).toEqual([0]);
  });
});

describe('a stopped poller', () => {
  it('ends out of its pause and reads no more', async () => {
    const reads = new Reads();
    const running = reads.run();
    await clock.advance(500);
    reads.stop.abort();
    await expect(running).resolves.toBeUndefined();
    await clock.advance(5_000);
    expect(reads.at).toEqual([0]);
  });

  it('ends out of a read that is cut, which is no failure', async () => {
    const reads = new Reads();
    const running = reads.run();
    reads.next = () => Promise.reject(new LockstepError('ABORTED'));
    await clock.advance(1_000);
    await expect(running).resolves.toBeUndefined();
    expect(reads.seen).toEqual([{ kind: 'seen', value: 'value' }]);
  });

  it('ends while it is paused', async () => {
    const reads = new Reads();
    const running = reads.run();
    await clock.advance(500);
    reads.paused = true;
    await clock.advance(1_000);
    reads.stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

describe('a bug in a read', () => {
  it('ends the poller and is not taken for a failure of the source', async () => {
    const reads = new Reads();
    const ending = expect(reads.run()).rejects.toMatchObject({ code: 'INTERNAL' });
    reads.next = () => Promise.reject(new TypeError('oops'));
    await clock.advance(1_000);
    await ending;
    expect(reads.seen).toHaveLength(1);
  });
});
