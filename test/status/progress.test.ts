import { describe, expect, it } from '@jest/globals';
import { ProgressTracker } from '../../src/status/progress.js';
import { A, at, B, engineView, failed, seen, SETTLED, sourceView } from '../follow/examples.js';
import type { Observation, Turn } from '../../src/follow/state.js';

function turnOf(observation: Omit<Observation, 'outcome'>): Turn {
  return {
    before: SETTLED,
    state: SETTLED,
    observation: { ...observation, outcome: null },
    action: { do: 'wait', ms: 1 },
  };
}

class Clock {
  ms = 0;
  readonly tracker = new ProgressTracker(() => this.ms);

  blocks(count: number, everyMs: number): void {
    for (let index = 0; index < count; index++) {
      this.ms += everyMs;
      this.tracker.block({ ref: at(A, 2), l1Origin: null });
    }
  }
}

describe('progress', () => {
  it('knows nothing before the first turn', () => {
    expect(new Clock().tracker.snapshot).toEqual({
      engine: null,
      source: null,
      status: null,
      lagBlocks: null,
      l1Origin: null,
      blocksPerSecond: 0,
      etaSeconds: null,
      elSync: null,
    });
  });

  it('tells the gap, the speed, and when the gap is closed at this speed', () => {
    const clock = new Clock();
    clock.tracker.turn(turnOf({ engine: seen(engineView(A, 2)), source: seen(sourceView(A, 20)) }));
    clock.blocks(40, 500);
    const { lagBlocks, blocksPerSecond, etaSeconds } = clock.tracker.snapshot;
    expect([lagBlocks, blocksPerSecond, etaSeconds]).toEqual([18, 2.1, 9]);
  });

  it('measures the first seconds over the time they took, and never over less than one', () => {
    const clock = new Clock();
    clock.blocks(5, 10);
    expect(clock.tracker.snapshot.blocksPerSecond).toBe(5);
    clock.blocks(5, 1_000);
    expect(clock.tracker.snapshot.blocksPerSecond).toBe(2);
  });

  it('forgets the blocks of more than 15 s ago', () => {
    const clock = new Clock();
    clock.blocks(100, 10);
    clock.ms += 15_001;
    expect(clock.tracker.snapshot.blocksPerSecond).toBe(0);
    clock.blocks(3, 1_000);
    expect(clock.tracker.snapshot.blocksPerSecond).toBe(0.2);
  });

  it('has no end in sight for an EL at or above its source, or one that does not move', () => {
    const clock = new Clock();
    clock.tracker.turn(turnOf({ engine: seen(engineView(A, 5)), source: seen(sourceView(A, 9)) }));
    expect(clock.tracker.snapshot.etaSeconds).toBeNull();
    clock.blocks(10, 100);
    clock.tracker.turn(turnOf({ engine: seen(engineView(A, 9)), source: seen(sourceView(A, 7)) }));
    expect(clock.tracker.snapshot).toMatchObject({ lagBlocks: -2, etaSeconds: null });
  });

  it('keeps what a side showed last while it is away', () => {
    const clock = new Clock();
    clock.tracker.turn(turnOf({ engine: seen(engineView(A, 5)), source: seen(sourceView(A, 9)) }));
    clock.tracker.turn(turnOf({ engine: failed('ENGINE_TIMEOUT'), source: failed('SOURCE_TIMEOUT') }));
    expect(clock.tracker.snapshot.lagBlocks).toBe(4);
  });

  it('tells the L1 origin of the head as long as the head is the block that was replayed last', () => {
    const { tracker } = new Clock();
    const l1Origin = { number: 7, hash: at(B, 7).hash, timestamp: 1_700_000_000, sequenceNumber: 2 };
    tracker.block({ ref: at(A, 5), l1Origin });
    expect(tracker.snapshot.l1Origin).toBeNull();
    tracker.turn(turnOf({ engine: seen(engineView(A, 5)), source: seen(sourceView(A, 9)) }));
    expect(tracker.snapshot.l1Origin).toEqual(l1Origin);
    tracker.turn(turnOf({ engine: seen(engineView(A, 4)), source: seen(sourceView(A, 9)) }));
    expect(tracker.snapshot.l1Origin).toBeNull();
  });
});
