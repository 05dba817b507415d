import { describe, expect, it } from '@jest/globals';
import { Calls } from '../../../src/status/live/calls.js';
import { LockstepError } from '../../../src/util/errors.js';

const NOBODY = (): void => undefined;
const SIDE = { url: 'https://user:secret@host.example:1/path?key=secret' };
const FAILURE = new LockstepError('SOURCE_TIMEOUT', { detail: 'x'.repeat(1_000) });

function callsOf(): Calls {
  return new Calls({ source: SIDE, engine: SIDE, consensus: null, headFeed: null }, () => 77);
}

describe('the calls to each RPC', () => {
  it('are told under scheme and host alone, for those that there are', () => {
    const { view } = callsOf();
    expect(view.map(({ name, url }) => [name, url])).toEqual([
      ['source', 'https://host.example:1'],
      ['EL', 'https://host.example:1'],
    ]);
    expect(view[0]).toMatchObject({ calls: 0, failed: 0, p50Ms: null, p99Ms: null, lastError: null });
  });

  it('are judged by the newest of them, and reach whoever is told of them', () => {
    const calls = callsOf();
    const told: number[] = [];
    const note = calls.counted('source', ({ ms }) => told.push(ms));
    for (let ms = 1; ms <= 1_000; ms += 1) note({ method: 'm', ms, error: null });
    expect(told).toHaveLength(1_000);
    expect(calls.view[0]).toMatchObject({ calls: 256, failed: 0, p50Ms: 873, p99Ms: 998 });
  });

  it('that failed are counted apart, with the last reason cut short; those that we gave up are not', () => {
    const calls = callsOf();
    const note = calls.counted('source', NOBODY);
    note({ method: 'm', ms: 5, error: null });
    note({ method: 'm', ms: 9, error: FAILURE });
    note({ method: 'm', ms: 9, error: new LockstepError('ABORTED') });
    const [source] = calls.view;
    expect(source).toMatchObject({ calls: 2, failed: 1, p50Ms: 5, lastError: { timeMs: 77, code: 'SOURCE_TIMEOUT' } });
    expect(source?.lastError?.message).toHaveLength(240);
  });

  it('that change the EL are timed, the slowest since they were asked for', () => {
    const calls = callsOf();
    const note = calls.counted('engine', NOBODY);
    for (const ms of [4, 9, 2]) note({ method: 'engine_newPayloadV4', ms, error: null });
    note({ method: 'engine_forkchoiceUpdatedV3', ms: 3, error: null });
    note({ method: 'engine_newPayloadV4', ms: 50, error: FAILURE });
    expect(calls.takeSlowest()).toEqual({ newPayload: 9, forkchoice: 3 });
    expect(calls.takeSlowest()).toEqual({ newPayload: NaN, forkchoice: NaN });
  });
});
