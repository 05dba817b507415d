import { describe, expect, it } from '@jest/globals';
import { Compression } from '../../src/source/compression.js';

const LARGE = 256 * 1024;

/** Replies one after the other over a link of so many MB/s, as they are asked for; gives how many were compressed. */
function carry(compression: Compression, replies: number, rateMBs: number, sizeBytes = LARGE): number {
  let nowMs = 0;
  let compressed = 0;
  for (let reply = 0; reply < replies; reply += 1) {
    const { wanted } = compression;
    const onWire = wanted ? sizeBytes / 2.7 : sizeBytes;
    const fromMs = nowMs;
    nowMs += onWire / (rateMBs * 1_000);
    compression.came({ sizeBytes: onWire, fromMs, toMs: nowMs }, wanted);
    compressed += wanted ? 1 : 0;
  }
  return compressed;
}

describe('compression', () => {
  it('is not asked for on a fast link, and is on a slow one, after a few large replies', () => {
    expect(carry(new Compression(false), 200, 300)).toBe(0);
    expect(carry(new Compression(false), 200, 12)).toBeGreaterThan(170);
  });

  it('is given up on a link that turns out to be fast: one reply of many comes plain, to measure it', () => {
    expect(carry(new Compression(true), 200, 300)).toBe(64);
    expect(carry(new Compression(true), 200, 12)).toBe(197);
  });

  it('changes with the link', () => {
    const compression = new Compression(false);
    expect([12, 300, 12].map((rate) => carry(compression, 300, rate) > 150)).toEqual([true, false, true]);
  });

  it('does not swing on a link near the limit', () => {
    const [plain, compressed] = [new Compression(false), new Compression(true)];
    expect(carry(plain, 500, 66)).toBe(0);
    expect(carry(compressed, 500, 66)).toBeGreaterThan(480);
  });

  it('is not decided by small replies, however long they take', () => {
    expect(carry(new Compression(false), 500, 0.1, 1_000)).toBe(0);
    expect(carry(new Compression(true), 500, 1_000, 1_000)).toBe(500);
  });

  it('counts the link once for bodies that came side by side', () => {
    const compression = new Compression(false);
    // Ten at a time share a link of 100 MB/s, so each of them alone looks ten times slower.
    for (let group = 0; group < 10; group += 1) {
      const fromMs = group * 30;
      for (let body = 1; body <= 10; body += 1) {
        compression.came({ sizeBytes: LARGE, fromMs, toMs: fromMs + body * 2.62 }, false);
      }
    }
    expect(compression.wanted).toBe(false);
  });
});
