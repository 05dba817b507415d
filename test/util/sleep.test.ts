import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { sleep } from '../../src/util/sleep.js';

const LONG_MS = 600_000;

describe('a sleep', () => {
  it('ends by itself, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    await sleep(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is ABORTED as soon as the signal aborts, and leaves no listener behind', async () => {
    const stop = new AbortController();
    const sleeping = sleep(LONG_MS, stop.signal);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
    stop.abort();
    await expect(sleeping).rejects.toMatchObject({ code: 'ABORTED' });
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('does not begin when the signal is aborted already', async () => {
    await expect(sleep(LONG_MS, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
