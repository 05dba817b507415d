import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HeadNews } from '../../src/follow/state.js';
import type { Metrics } from '../../src/status/metrics.js';
import { LockstepError } from '../../src/util/errors.js';
import { metricsOf } from './metrics-of.js';
import { WrittenReport } from './written-report.js';

let report: WrittenReport;
let metrics: Metrics;

beforeEach(() => {
  report = new WrittenReport();
  metrics = metricsOf();
});

const OPEN: HeadNews = { kind: 'open', source: 'ws://source.example' };
const LOST: HeadNews = { kind: 'lost', error: new LockstepError('SOURCE_UNREACHABLE') };
const UNKNOWN: HeadNews = { kind: 'unknown-push', number: 7 };
const PUSHED: HeadNews = { kind: 'head', by: 'newheads' };
const PROBED: HeadNews = { kind: 'head', by: 'probe' };

function told(...news: readonly HeadNews[]): unknown[] {
  for (const each of news) report.hooks.onHeadNews(each);
  return report.taken().map(({ lvl, msg }) => `${String(lvl)}: ${String(msg)}`);
}

async function shown(...news: readonly HeadNews[]): Promise<readonly string[]> {
  for (const each of news) metrics.headNews(each);
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => /^lockstep_source_(heads|newheads)/.test(line));
}

describe('how the head of the source comes', () => {
  it('is told when the source pushes, and once when it no longer does, until a head was pushed again', () => {
    const lost = 'warn: New heads are not pushed, and looked for instead';
    expect(told(PROBED, OPEN, PUSHED)).toEqual(['info: The source pushes its new heads']);
    const levels = told(LOST, LOST, PROBED, LOST).filter((line) => line === lost);
    expect(levels).toEqual([lost]);
    expect(told(OPEN, PUSHED, LOST)).toContain(lost);
  });

  it('is told once when the WebSocket names blocks that the source does not have', () => {
    const warnings = told(UNKNOWN, UNKNOWN, PROBED, UNKNOWN).filter((line) => String(line).startsWith('warn'));
    expect(warnings).toEqual(['warn: The source has no block that --l2.follow.source.ws names: is it the same node?']);
  });

  it('is counted in the metrics', async () => {
    expect(await shown(OPEN, PUSHED, PUSHED, PROBED)).toEqual([
      'lockstep_source_newheads_subscribed 1',
      'lockstep_source_heads_total{by="newheads"} 2',
      'lockstep_source_heads_total{by="probe"} 1',
    ]);
    expect(await shown(LOST)).toEqual(
      expect.arrayContaining([
        'lockstep_source_newheads_subscribed 0',
        'lockstep_source_newheads_lost_total{code="SOURCE_UNREACHABLE"} 1',
      ]),
    );
  });
});
