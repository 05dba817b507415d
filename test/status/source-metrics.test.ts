import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Observation } from '../../src/follow/state.js';
import type { Metrics } from '../../src/status/metrics.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, B, engineView, labels, observation, SETTLED, sourceView } from '../follow/examples.js';
import { linesOf, metricsOf } from './metrics-of.js';

let metrics: Metrics;

beforeEach(() => {
  metrics = metricsOf();
});

const lines = (): Promise<readonly string[]> => linesOf(metrics);

function looked(seen: Observation): void {
  metrics.turn({ before: SETTLED, state: SETTLED, observation: seen, action: { do: 'wait', ms: 1 } });
}

describe('what the source showed, in the metrics', () => {
  it('counts heads and labels that go back, and by how much the source is behind', async () => {
    for (const head of [9, 9, 7, 8]) looked(observation(engineView(A, 8), sourceView(A, head)));
    for (const safe of [5, 4]) metrics.labels({ kind: 'seen', value: labels(A, safe, 2) });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        ...['src_regress_total{label="unsafe"} 1', 'src_regress_total{label="safe"} 1'],
        ...['source_behind_blocks 1', 'local_ahead_blocks 0', 'source_errors_total{source="0",reason="behind"} 1'],
      ]),
    );
  });

  it('counts labels that are missing or incoherent', async () => {
    metrics.labels({ kind: 'seen', value: labels(A, null, 2) });
    metrics.labels({ kind: 'failed', error: new LockstepError('SOURCE_SCHEMA') });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        ...['src_label_missing{label="safe"} 1', 'src_label_missing{label="finalized"} 0'],
        ...['src_inconsistent_total 1', 'source_errors_total{source="0",reason="incoherent"} 1'],
      ]),
    );
  });

  it.each([
    ['promote', 4, A],
    ['skip_ahead', 9, A],
    ['skip_behind', 2, A],
    ['diverged', 5, B],
  ] as const)('counts once what becomes of a label: %s', async (outcome, safe, chain) => {
    const shown = sourceView(chain, 10, labels(chain, safe, 2));
    const view = observation(engineView(A, 6, labels(A, 3, 2)), shown);
    for (let looks = 0; looks < 2; looks += 1) looked(view);
    const decided = (await lines()).filter((line) => /^label_decisions_total.* [1-9]/.test(line));
    expect(decided).toEqual([`label_decisions_total{label="safe",outcome="${outcome}"} 1`]);
  });
});
