import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Wakeup } from '../../src/util/wakeup.js';

const LONG_MS = 600_000;
const NEVER = new AbortController().signal;

/** True when the wait is still going on after everything that was due has run. */
async function isWaiting(wait: Promise<void>): Promise<boolean> {
  const turn = new Promise<true>((resolve) => setImmediate(() => resolve(true)));
  return Promise.race([wait.then(() => false), turn]);
}

describe('a wait for news', () => {
  it('ends when there is news', async () => {
    const wakeup = new Wakeup();
    const wait = wakeup.wait(LONG_MS, NEVER);
    wakeup.notify();
    await expect(wait).resolves.toBeUndefined();
  });

  it('ends at once for news that came while nobody waited, once', async () => {
    const wakeup = new Wakeup();
    const stop = new AbortController();
    wakeup.notify();
    wakeup.notify();
    await wakeup.wait(LONG_MS, stop.signal);
    const second = wakeup.wait(LONG_MS, stop.signal);
    expect(await isWaiting(second)).toBe(true);
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends by itself, and news of that time is used up', async () => {
    const wakeup = new Wakeup();
    await wakeup.wait(1, NEVER);
    const stop = new AbortController();
    const wait = wakeup.wait(LONG_MS, stop.signal);
    expect(await isWaiting(wait)).toBe(true);
    wakeup.notify();
    await wait;
  });

  it('is ABORTED when the signal aborts, and leaves no listener behind', async () => {
    const stop = new AbortController();
    const wait = new Wakeup().wait(LONG_MS, stop.signal);
    stop.abort();
    await expect(wait).rejects.toMatchObject({ code: 'ABORTED' });
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('is ABORTED when the signal aborted before', async () => {
    await expect(new Wakeup().wait(LONG_MS, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
