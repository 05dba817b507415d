import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ErrorCode } from '../../src/util/error-codes.js';
import { type ErrorData, LockstepError } from '../../src/util/errors.js';
import { type RetryPolicy, retryRead, type RetryTiming } from '../../src/util/retry.js';
import { failure } from './rpc-fixture.js';

const POLICY: RetryPolicy = { attempts: 5, baseDelayMs: 250, maxDelayMs: 15_000, totalMs: 1_000_000 };

/** Time that passes only by waiting, and a fixed draw. */
class FakeTiming implements RetryTiming {
  readonly waits: number[] = [];
  #nowMs = 0;
  readonly #draw: number;

  constructor(draw: number) {
    this.#draw = draw;
  }

  readonly random = (): number => this.#draw;
  readonly nowMs = (): number => this.#nowMs;
  readonly wait = (ms: number): Promise<void> => {
    this.waits.push(ms);
    this.#nowMs += ms;
    return Promise.resolve();
  };
}

/** A read that fails with each of these in turn, and answers 'done' after the last. */
function failing(...errors: Error[]) {
  const state = { started: 0 };
  const read = (): Promise<string> => {
    const error = errors[state.started++];
    return error === undefined ? Promise.resolve('done') : Promise.reject(error);
  };
  return { read, state };
}

const error = (code: ErrorCode, data: ErrorData = {}): LockstepError => new LockstepError(code, { data });
const times = (count: number, make: () => Error): Error[] => Array.from({ length: count }, make);
const signal = new AbortController().signal;

describe('retrying a read', () => {
  it('waits for a full-jitter share of a delay that doubles up to its cap', async () => {
    const timing = new FakeTiming(0.5);
    const { read } = failing(...times(9, () => error('SOURCE_TIMEOUT')));
    expect(await retryRead(read, { ...POLICY, attempts: 10 }, signal, timing)).toBe('done');
    expect(timing.waits).toEqual([125, 250, 500, 1000, 2000, 4000, 7500, 7500, 7500]);
  });

  it('never waits less than 50 ms, and never more than the cap', async () => {
    const property = fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), async (draw) => {
      const timing = new FakeTiming(draw);
      await retryRead(
        failing(...times(9, () => error('SOURCE_BAD_BODY'))).read,
        { ...POLICY, attempts: 10 },
        signal,
        timing,
      );
      expect(Math.min(...timing.waits)).toBeGreaterThanOrEqual(50);
      expect(Math.max(...timing.waits)).toBeLessThanOrEqual(15_000);
    });
    await fc.assert(property);
  });

  it('starts the work no more often than allowed, and throws the last error', async () => {
    const { read, state } = failing(
      ...times(4, () => error('SOURCE_TIMEOUT')),
      error('SOURCE_SCHEMA'),
      error('INTERNAL'),
    );
    const thrown = await failure(retryRead(read, POLICY, signal, new FakeTiming(1)));
    expect([thrown.code, state.started]).toEqual(['SOURCE_SCHEMA', 5]);
  });

  it('starts nothing after the total time', async () => {
    const { read, state } = failing(...times(9, () => error('SOURCE_TIMEOUT')));
    const timing = new FakeTiming(1);
    await failure(retryRead(read, { ...POLICY, attempts: 10, totalMs: 800 }, signal, timing));
    expect([state.started, timing.waits]).toEqual([3, [250, 500]]);
  });

  it('waits as long as the server asks, and not shorter than drawn', async () => {
    const timing = new FakeTiming(1);
    const limits = [100, 7000].map((retryAfterMs) => error('SOURCE_THROTTLED', { retryAfterMs }));
    await retryRead(failing(...limits).read, POLICY, signal, timing);
    expect(timing.waits).toEqual([250, 7000]);
  });

  it('gives up at once when the server asks for more than the total time', async () => {
    const timing = new FakeTiming(0);
    const { read, state } = failing(error('SOURCE_THROTTLED', { retryAfterMs: 60_000 }));
    await failure(retryRead(read, { ...POLICY, totalMs: 10_000 }, signal, timing));
    expect([state.started, timing.waits]).toEqual([1, []]);
  });

  it('repeats at once, and only once, after a connection that was lost in the exchange', async () => {
    const timing = new FakeTiming(1);
    const lost = times(2, () => error('SOURCE_UNREACHABLE', { phase: 'exchange' }));
    await retryRead(failing(...lost).read, POLICY, signal, timing);
    expect(timing.waits).toEqual([50, 500]);
  });

  it('backs off from the first when there is no connection at all', async () => {
    const timing = new FakeTiming(1);
    await retryRead(failing(error('SOURCE_UNREACHABLE', { phase: 'connect' })).read, POLICY, signal, timing);
    expect(timing.waits).toEqual([250]);
  });

  it.each([
    ['an abort', error('ABORTED')],
    ['an error to hold at', error('SOURCE_AUTH')],
    ['an error to halt at', error('SOURCE_IS_CL')],
    ['a bug', new TypeError('x is not a function')],
    ['a bug that looks like the network', new TypeError('fetch failed')],
    ['any other error', new Error('other')],
  ])('does not repeat %s, and throws it as it is', async (_, thrown) => {
    const { read, state } = failing(thrown);
    await expect(retryRead(read, POLICY, signal, new FakeTiming(0))).rejects.toBe(thrown);
    expect(state.started).toBe(1);
  });

  it('is ended by an abort while it waits', async () => {
    const controller = new AbortController();
    const { read, state } = failing(error('SOURCE_TIMEOUT'));
    const work = retryRead(
      async () => {
        setImmediate(() => controller.abort());
        return read();
      },
      { ...POLICY, baseDelayMs: 1_000_000, maxDelayMs: 1_000_000 },
      controller.signal,
    );
    expect((await failure(work)).code).toBe('ABORTED');
    expect(state.started).toBe(1);
  });
});
