import { jest } from '@jest/globals';

/** Later than every block of these tests, so that none comes from the future. */
const START_MS = 1_800_000_000_000;

/** Timers and Date stand still until a test moves them. What is due runs to its end, promises included. */
export const clock = {
  start(): void {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'], now: START_MS });
  },
  stop(): void {
    jest.useRealTimers();
  },
  async advance(ms: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
  },
  /** Milliseconds since {@link start}. */
  now(): number {
    return Date.now() - START_MS;
  },
};
