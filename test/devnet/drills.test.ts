import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventLines, evidenceFolder, headsCsv, report, writeEvidence } from '../../devnet/drills/evidence.js';
import { durations, finalityBreaches, healedAtMs, type DrillRecord, type Sample } from '../../devnet/drills/record.js';
import { chooseDrills, DRILLS, drillRows } from '../../devnet/drills/registry.js';
import { timelineSvg } from '../../devnet/drills/timeline.js';
import { STACK_KINDS } from '../../devnet/stack/kinds.js';
import type { BlockRef, Heads } from '../../src/chain/block.js';
import type { Hash } from '../../src/util/hex.js';

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

function ref(number: number, branch = 0): BlockRef {
  const hash: Hash = `0x${(number * 16 + branch).toString(16).padStart(64, '0')}`;
  return { number, hash, parentHash: hash, timestamp: number };
}

function heads(number: number): Heads {
  return { unsafe: ref(number), safe: ref(number - 2), finalized: ref(number - 4) };
}

function sample(second: number, source: Heads | null, follower: Heads | null, life = 1): Sample {
  return { atMs: START_MS + second * 1_000, source, follower, life };
}

const RECORD: DrillRecord = {
  name: 'source-down',
  what: 'nothing listens at the source',
  where: 'geth, geth followed by geth',
  startedAtMs: START_MS,
  endedAtMs: START_MS + 10_000,
  events: [
    { atMs: START_MS + 1_000, kind: 'fault', text: 'the source refuses connections' },
    { atMs: START_MS + 2_500, kind: 'marker', text: 'lockstep: a < b & c' },
    { atMs: START_MS + 4_000, kind: 'lifted', text: 'it listens again' },
    { atMs: START_MS + 6_250, kind: 'recovered', text: 'both sides show 30' },
  ],
  samples: [
    sample(0, heads(20), heads(20)),
    sample(2, heads(22), heads(20)),
    sample(3, heads(23), null),
    sample(6, heads(26), heads(26)),
    sample(10, heads(30), heads(30)),
  ],
  log: [{ t: '2026-01-01T00:00:02.000Z', lvl: 'warn', msg: 'Holding: nothing changes in the EL' }],
  heads: heads(30),
  failure: null,
};

describe('the picture of a drill', () => {
  const svg = timelineSvg(RECORD);

  it('shows both sides as lines, with a gap where one was away', () => {
    const lines = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) => points.split(' '));
    expect(lines.map((points) => points.length)).toEqual([5, 2, 2, 2, 2, 2, 2]);
    // The end of the plot is the end of the drill, and its top the highest block.
    expect(lines[0]!.at(-1)).toBe('940,40');
  });

  it('numbers what happened, and tells below what and when', () => {
    expect(svg).toContain('1  1.0 s  fault: the source refuses connections');
    expect(svg).toContain('2  2.5 s  marker: lockstep: a &lt; b &amp; c');
    expect(svg).toContain('4  6.3 s  recovered: both sides show 30');
    expect(svg.match(/<circle /g)).toHaveLength(4);
  });

  it('shades the time of the fault: three of ten seconds', () => {
    expect(svg).toMatch(/<rect x="148" y="40" width="264" height="300" fill="#fdecea"\/>/);
  });

  it('is drawn as well when nothing was seen', () => {
    const empty = timelineSvg({ ...RECORD, samples: [], events: [] });
    expect(empty).not.toContain('NaN');
    expect(empty).not.toContain('Infinity');
  });
});

describe('the evidence of a drill', () => {
  it('is a folder with events, heads, a report and its picture', () => {
    const root = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
    try {
      const folder = evidenceFolder(root, 'geth', RECORD.name);
      expect(folder).toMatch(/evidence\/\d{8}T\d{6}Z-geth-source-down$/);
      writeEvidence(folder, RECORD);
      expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'heads.csv', 'report.md', 'timeline.svg']);
      expect(readFileSync(join(folder, 'timeline.svg'), 'utf8')).toBe(timelineSvg(RECORD));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('has the lines of lockstep and those of the drill in one order of time', () => {
    const lines = eventLines(RECORD)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ from, kind }) => kind ?? from)).toEqual(['fault', 'lockstep', 'marker', 'lifted', 'recovered']);
    expect(lines[1]).toMatchObject({ lvl: 'warn', msg: 'Holding: nothing changes in the EL' });
  });

  it('has a row per look at both sides, empty where one was away', () => {
    const rows = headsCsv(RECORD.samples).trimEnd().split('\n');
    expect(rows).toHaveLength(1 + RECORD.samples.length);
    expect(rows[0]).toContain('utc,source_unsafe,source_unsafe_hash,source_safe');
    expect(rows[3]).toMatch(/^2026-01-01T00:00:03\.000Z,23,0x\w{64},21,0x\w{64},19,0x\w{64},,,,,,$/);
  });

  it('says how long the fault lasted and how long it took to heal, or why it did not', () => {
    expect(durations(RECORD)).toEqual({ faultMs: 3_000, healMs: 2_250 });
    expect(report(RECORD)).toContain('The fault lasted 3.0 s; 2.3 s after its end the EL had what the source shows.');
    const failed = { ...RECORD, events: RECORD.events.slice(0, 3), heads: null, failure: 'it never came' };
    expect(durations(failed)).toEqual({ faultMs: 3_000, healMs: null });
    expect(report(failed)).toMatch(/^# source-down: FAILED[^]*it never came/);
  });
});

describe('the end of a drill', () => {
  const events = RECORD.events.slice(0, 3);

  it('is when each label of the follower is one that the source has shown since the fault was over', () => {
    expect(healedAtMs({ events, samples: RECORD.samples })).toBe(START_MS + 6_000);
    const behind = [sample(4, heads(24), heads(20)), sample(5, heads(25), null), sample(6, heads(26), heads(25))];
    expect(healedAtMs({ events, samples: behind })).toBe(START_MS + 6_000);
  });

  it('is not reached by a follower whose labels stay behind, or by blocks of the time before', () => {
    const noLabels = { ...heads(25), safe: null };
    expect(healedAtMs({ events, samples: [sample(5, heads(25), noLabels)] })).toBeNull();
    expect(
      healedAtMs({ events, samples: [sample(3, heads(23), heads(23)), sample(5, heads(25), heads(23))] }),
    ).toBeNull();
  });
});

describe('finality in the samples of a drill', () => {
  it('may stand still, be away, go up, and start anew with another process', () => {
    expect(finalityBreaches(RECORD.samples)).toEqual([]);
    expect(finalityBreaches([sample(0, null, heads(20)), sample(1, null, heads(8), 2)])).toEqual([]);
  });

  it('must not go back or change within one, also over a look that found nobody', () => {
    expect(finalityBreaches([sample(0, null, heads(20)), sample(1, null, null), sample(2, null, heads(19))])).toEqual([
      expect.stringContaining('from 16 to 15'),
    ]);
    const other = { ...heads(20), finalized: ref(16, 1) };
    expect(finalityBreaches([sample(0, null, heads(20)), sample(1, null, other)])).toHaveLength(1);
  });
});

describe('the list of drills', () => {
  it('has each name once, and something for every kind of devnet', () => {
    const names = DRILLS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const kind of STACK_KINDS) expect(chooseDrills(['all'], kind, 'op-geth').length).toBeGreaterThan(20);
    expect(drillRows().map(([name]) => name)).toEqual(['drill', ...names]);
  });

  it('gives drills by name in the order that was asked for', () => {
    const chosen = chooseDrills(['source-reorg', 'kill-lockstep'], 'ethereumjs', 'ethereumjs');
    expect(chosen.map(({ name }) => name)).toEqual(['source-reorg', 'kill-lockstep']);
  });

  it('leaves out what makes no sense, and refuses it by name', () => {
    const named = (kind: (typeof STACK_KINDS)[number]): string[] =>
      chooseDrills(['all'], kind, 'op-reth').map(({ name }) => name);
    expect(named('op')).not.toContain('restart-op-node');
    expect(named('opstack')).toContain('restart-op-node');
    // debug_setHead does nothing there (engines-measured 1.2).
    expect(named('opstack')).not.toContain('el-rewound');
    expect(() => chooseDrills(['restart-op-node'], 'geth', 'geth')).toThrow('not for geth');
    expect(() => chooseDrills(['earthquake'], 'geth', 'geth')).toThrow('no drill earthquake');
  });
});
