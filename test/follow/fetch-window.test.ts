import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FetchWindow, type Sent } from '../../src/follow/fetch-window.js';

interface Link {
  /** From a request to its answer, without what others cost. */
  readonly latencyMs: (index: number, nowMs: number) => number;
  /** One answer after the other takes this long on the line. */
  readonly lineMs: number;
  /** The EL takes so long for a block. */
  readonly blockMs: (index: number) => number;
}

interface Pull {
  readonly msPerBlock: number;
  /** How many requests might be under way, at each answer. */
  readonly windows: readonly number[];
  readonly mostUnderWay: number;
}

/** Pulls blocks through a link, in order, into an EL, on a clock of its own. */
function pull(window: FetchWindow, blocks: number, { latencyMs, lineMs, blockMs }: Link): Pull {
  const windows: number[] = [];
  const answers: { readonly atMs: number; readonly index: number; readonly sent: Sent }[] = [];
  const arrived = new Set<number>();
  let [nowMs, next, used, mostUnderWay, lineFreeMs, elFreeMs] = [0, 0, 0, 0, 0, 0];
  const fill = (): void => {
    while (next < blocks && answers.length < window.requests && next - used < window.blocks) {
      lineFreeMs = Math.max(lineFreeMs, nowMs) + lineMs;
      answers.push({ atMs: lineFreeMs + latencyMs(next, nowMs), index: next, sent: window.sent(nowMs) });
      next += 1;
      mostUnderWay = Math.max(mostUnderWay, answers.length);
    }
  };
  const use = (): void => {
    while (used < blocks && arrived.has(used) && elFreeMs <= nowMs) {
      used += 1;
      elFreeMs = nowMs + blockMs(used);
      fill();
    }
  };
  fill();
  while (used < blocks) {
    answers.sort((a, b) => a.atMs - b.atMs);
    const first = answers[0];
    const elIsNext = elFreeMs > nowMs && (first === undefined || elFreeMs <= first.atMs);
    nowMs = elIsNext ? elFreeMs : (first?.atMs ?? nowMs);
    if (!elIsNext && first !== undefined) {
      window.answered(first.sent, nowMs, answers.length, 1_000);
      answers.shift();
      arrived.add(first.index);
      windows.push(window.requests);
    }
    fill();
    use();
  }
  return { msPerBlock: nowMs / blocks, windows, mostUnderWay };
}

const steadily = (ms: number) => (): number => ms;

describe('the fetch window', () => {
  it('begins with one request', () => {
    expect(new FetchWindow(64).requests).toBe(1);
  });

  it.each<[string, Link, least: number, most: number]>([
    [
      'a source as far as nine blocks of the EL',
      { latencyMs: steadily(50), lineMs: 0, blockMs: steadily(5.5) },
      10,
      20,
    ],
    ['a far source', { latencyMs: steadily(300), lineMs: 0, blockMs: steadily(5.5) }, 56, 64],
    ['a narrow line', { latencyMs: steadily(20), lineMs: 6.5, blockMs: steadily(5.5) }, 5, 8],
    ['a near source', { latencyMs: steadily(1), lineMs: 0.3, blockMs: steadily(5.5) }, 2, 3],
    ['large blocks on a narrow line', { latencyMs: steadily(50), lineMs: 1_000, blockMs: steadily(100) }, 2, 4],
  ])('settles at what latency and rate call for: %s', (_what, link, least, most) => {
    const { windows, msPerBlock } = pull(new FetchWindow(64), 1_000, link);
    const settled = windows.slice(windows.length / 2);
    expect(Math.max(...settled)).toBeLessThanOrEqual(most);
    expect(settled.reduce((sum, size) => sum + size, 0) / settled.length).toBeGreaterThanOrEqual(least);
    // The start is part of it.
    expect(msPerBlock).toBeLessThan(1.25 * Math.max(link.blockMs(0), link.lineMs));
  });

  it('opens when the EL becomes faster, and closes when it becomes slower', () => {
    const blockMs = (index: number): number => (Math.floor(index / 1_000) === 1 ? 2 : 25);
    const { windows } = pull(new FetchWindow(64), 3_000, { latencyMs: steadily(50), lineMs: 0, blockMs });
    const [slow = 0, fast = 0, slowAgain = 0] = [windows[999], windows[1_999], windows[2_999]];
    expect(fast).toBeGreaterThan(3 * slow);
    expect(slowAgain).toBeLessThan(fast / 2);
  });

  it('follows a source that moves further away', () => {
    const latencyMs = (index: number): number => (index < 1_000 ? 50 : 200);
    const { windows } = pull(new FetchWindow(64), 8_000, { latencyMs, lineMs: 0, blockMs: steadily(5) });
    expect(windows[999]).toBeLessThan(20);
    expect(windows.at(-65)).toBeGreaterThanOrEqual(40);
  });

  it('does not take the wait of its own requests for latency, however long it goes on', () => {
    const { windows } = pull(new FetchWindow(64), 20_000, {
      latencyMs: steadily(20),
      lineMs: 6.5,
      blockMs: steadily(1),
    });
    expect(Math.max(...windows.slice(2_000))).toBeLessThanOrEqual(10);
  });

  it('is halved by a setback, once for all that were under way, and grows by one with each round', () => {
    const window = new FetchWindow(64);
    const link = { latencyMs: steadily(50), lineMs: 0, blockMs: steadily(2) };
    pull(window, 500, link);
    const before = window.requests;
    const sent = [window.sent(0), window.sent(1)];
    for (const each of sent) window.setback(each, 10);
    expect(window.requests).toBe(Math.floor(before / 2));
    window.setback(window.sent(20), 30);
    expect(window.requests).toBe(Math.floor(Math.floor(before / 2) / 2));
    const { windows } = pull(window, 1_000, link);
    windows.slice(1, 20).forEach((size, index) => expect(size).toBeLessThanOrEqual((windows[index] ?? 0) + 1));
    expect(windows.at(-50)).toBeGreaterThanOrEqual(before - 1);
  });

  it('expects a larger block at once and a smaller one bit by bit', () => {
    const window = new FetchWindow(4);
    const expected = [1_000, 5_000, 1_000].map((bytes) => {
      window.answered(window.sent(0), 1, 1, bytes);
      return window.blockBytes;
    });
    expect(expected).toEqual([1_000, 5_000, 4_500]);
    window.answered(window.sent(0), 1, 1, null);
    expect(window.blockBytes).toBe(4_500);
  });

  it('never falls below one request, never passes its maximum, and never starves an EL, whatever happens', () => {
    const event = fc.oneof(
      fc.record({ tookMs: fc.double({ min: 0, max: 5_000, noNaN: true }), setback: fc.constant(false) }),
      fc.record({ tookMs: fc.double({ min: 0, max: 5_000, noNaN: true }), setback: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.array(event, { maxLength: 300 }), (max, events) => {
        const window = new FetchWindow(max);
        let nowMs = 0;
        for (const { tookMs, setback } of events) {
          const sent = window.sent(nowMs);
          nowMs += tookMs;
          if (setback) window.setback(sent, nowMs);
          else window.answered(sent, nowMs, window.requests, 100);
          expect(Number.isSafeInteger(window.requests)).toBe(true);
          expect(window.requests).toBeGreaterThanOrEqual(1);
          expect(window.requests).toBeLessThanOrEqual(max);
          expect(window.blocks).toBeGreaterThanOrEqual(32);
        }
      }),
    );
  });

  it('costs less than a quarter of the rate that is possible, whatever the link', () => {
    const link = fc.record({
      latency: fc.integer({ min: 1, max: 400 }),
      jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
      lineMs: fc.double({ min: 0, max: 10, noNaN: true }),
      blockMs: fc.double({ min: 0.5, max: 30, noNaN: true }),
    });
    fc.assert(
      fc.property(link, fc.integer(), ({ latency, jitter, lineMs, blockMs }, seed) => {
        const noise = (index: number): number => ((index * 2_654_435_761 + seed) >>> 0) / 2 ** 32;
        const latencyMs = (index: number): number => latency * (1 + jitter * (2 * noise(index) - 1));
        const blocks = 2_000;
        const { msPerBlock } = pull(new FetchWindow(64), blocks, { latencyMs, lineMs, blockMs: steadily(blockMs) });
        const limitMs = Math.max(blockMs, lineMs, (latency * (1 + jitter)) / 64);
        // The start: the window triples with each latency until it fits.
        expect(msPerBlock - (8 * latency) / blocks).toBeLessThan(1.33 * limitMs);
      }),
      // The first is one that was held at hardly more than a third of its rate while the mean of a single answer counted as the latency.
      { numRuns: 100, examples: [[{ latency: 64, jitter: 0.432, lineMs: 0, blockMs: 1.404 }, 7]] },
    );
  });
});
