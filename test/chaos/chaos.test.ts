import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSchedule } from './run-schedule.js';
import { schedule } from './schedule.js';

const TIMEOUT_MS = 400_000;

describe('a schedule of incidents', () => {
  it('follows from its seed', () => {
    expect(schedule('7', 30_000)).toEqual(schedule('7', 30_000));
    expect(schedule('7', 30_000)).not.toEqual(schedule('8', 30_000));
  });

  it('is over at its end, with one incident of a lane at a time', () => {
    const incidents = schedule('7', 60_000);
    for (const [index, { lane, atMs, forMs }] of incidents.entries()) {
      expect(atMs + forMs).toBeLessThanOrEqual(60_000);
      const next = incidents[index + 1];
      if (next?.lane === lane) expect(next.atMs).toBeGreaterThan(atMs + forMs);
    }
    expect(new Set(incidents.map(({ lane }) => lane)).size).toBe(5);
  });
});

describe('20 s of incidents beside an ethereumjs EL', () => {
  const evidenceDir = mkdtempSync(join(tmpdir(), 'lockstep-chaos-'));
  const seed = process.env['LOCKSTEP_CHAOS_SEED'] ?? '1';

  afterAll(() => rmSync(evidenceDir, { recursive: true, force: true }));

  it(
    'break no rule of the wire, and end with both sides equal',
    async () => {
      const { faults, convergedMs } = await runSchedule({ kind: 'ethereumjs', seed, lengthMs: 20_000, evidenceDir });
      expect({ seed, faults }).toEqual({ seed, faults: [] });
      expect(convergedMs).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
