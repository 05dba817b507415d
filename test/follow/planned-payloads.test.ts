import { describe, expect, it } from '@jest/globals';
import { PlannedPayloads } from '../../src/follow/planned-payloads.js';
import type { Payload } from '../../src/payload/payload.js';
import { LARGE_BUFFERS } from '../../src/util/buffer-pool.js';
import { grow } from './blocks.js';

const REFS = grow(null, 5, 'a').map(({ ref }) => ref);

/** Block `number`, with a request of so many bytes. */
function payload(number: number, sizeBytes: number): Payload {
  return pooled(number, Buffer.alloc(sizeBytes));
}

function pooled(number: number, request: Buffer): Payload {
  return { ref: REFS[number]!, version: 2, request, transactionCount: 0, l1Origin: null };
}

/** The blocks that are kept, lowest first. */
function kept(payloads: PlannedPayloads): number[] {
  return REFS.filter(({ hash }) => payloads.get(hash) !== null).map(({ number }) => number);
}

describe('the payloads of a plan', () => {
  it('are kept up to the limit, and none after the first that does not fit', () => {
    const payloads = new PlannedPayloads(100);
    payloads.keep(payload(1, 60));
    payloads.keep(payload(2, 41));
    payloads.keep(payload(3, 1));
    expect(kept(payloads)).toEqual([1]);
  });

  it('may fill the limit to the last byte', () => {
    const payloads = new PlannedPayloads(100);
    payloads.keep(payload(1, 60));
    payloads.keep(payload(2, 40));
    expect(kept(payloads)).toEqual([1, 2]);
  });

  it('are handed out once, and looked at as often as wanted', () => {
    const payloads = new PlannedPayloads(100);
    const first = payload(1, 10);
    payloads.keep(first);
    const { hash } = first.ref;
    expect([payloads.get(hash), payloads.get(hash)]).toEqual([first, first]);
    expect(payloads.take(hash)).toBe(first);
    expect([payloads.take(hash), payloads.get(hash)]).toEqual([null, null]);
  });

  it('make room for those of the next plan, not for more of the same one', () => {
    const payloads = new PlannedPayloads(100);
    payloads.keep(payload(1, 100));
    payloads.keep(payload(2, 1));
    payloads.take(REFS[1]!.hash);
    payloads.keep(payload(3, 1));
    expect(kept(payloads)).toEqual([]);
    payloads.renew();
    payloads.keep(payload(4, 100));
    expect(kept(payloads)).toEqual([4]);
  });

  it('give the buffer of one that does not fit back to the pool', () => {
    const sizeBytes = 100_000;
    const request = LARGE_BUFFERS.take(sizeBytes);
    new PlannedPayloads(sizeBytes - 1).keep(pooled(1, request));
    expect(LARGE_BUFFERS.take(sizeBytes).buffer).toBe(request.buffer);
  });

  it('keep the buffers of the last plan from the pool: a call that timed out may still read them', () => {
    const sizeBytes = 100_000;
    const request = LARGE_BUFFERS.take(sizeBytes);
    const payloads = new PlannedPayloads(sizeBytes);
    payloads.keep(pooled(1, request));
    payloads.renew();
    expect(LARGE_BUFFERS.take(sizeBytes).buffer).not.toBe(request.buffer);
  });
});
