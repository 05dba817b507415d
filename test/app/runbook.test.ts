import { describe, expect, it } from '@jest/globals';
import { docText } from '../../src/app/commands/doc.js';
import { HOLD_GUIDES } from '../../src/app/runbook-holds.js';
import type { HoldReason } from '../../src/follow/state.js';
import { holdFields } from '../../src/status/hold-report.js';
import { metricsOf } from '../status/metrics-of.js';
import { HOLD_MEANINGS } from '../../src/status/states.js';
import { ERROR_CODES } from '../../src/util/error-codes.js';
import { LockstepError } from '../../src/util/errors.js';
import { EXIT } from '../../src/util/exit-codes.js';
import { OPTION_NAMES } from '../../src/config/options.js';
import { A, at, B } from '../follow/examples.js';

const text = docText('runbook') ?? '';
const headings = text.split('\n').filter((line) => line.startsWith('### '));

const error = new LockstepError('SOURCE_TIMEOUT');
const divergence = { source: at(A, 5), engine: at(B, 5) };
const plan = { id: 1, ancestor: at(A, 3), blocks: A.slice(4, 6), engineHead: at(B, 7), replaced: at(B, 4) };

/** One hold of every reason, with all that it can tell. */
const HOLDS: { readonly [K in HoldReason['kind']]: readonly Extract<HoldReason, { kind: K }>[] } = {
  'engine-unavailable': [{ kind: 'engine-unavailable', error }],
  'engine-syncing': [{ kind: 'engine-syncing' }],
  'engine-unsettled': [{ kind: 'engine-unsettled', error }],
  'engine-stuck': [{ kind: 'engine-stuck', at: 1, answer: 'SYNCING', staleMapping: true }],
  'engine-snap-sync': [{ kind: 'engine-snap-sync', at: 1 }],
  'engine-unfit': [{ kind: 'engine-unfit', block: at(A, 1), answer: 'INVALID', advice: 'restart it' }],
  'payload-refused': [
    { kind: 'payload-refused', block: at(A, 1), answer: 'INVALID', error: null },
    { kind: 'payload-refused', block: at(A, 1), answer: 'too large', error },
  ],
  'source-unavailable': [{ kind: 'source-unavailable', error }],
  'source-gap': [{ kind: 'source-gap', at: 1, pruned: true }],
  'block-rejected': [{ kind: 'block-rejected', at: 1, error }],
  'finalized-divergence': [{ kind: 'finalized-divergence', divergence, finalized: at(A, 5) }],
  'recovery-off': [{ kind: 'recovery-off', divergence, plan }],
  'recovery-pausing': [{ kind: 'recovery-pausing', divergence, until: 1 }],
  'recovery-too-deep': [{ kind: 'recovery-too-deep', divergence, maxDepth: 1 }],
  'recovery-failed': [{ kind: 'recovery-failed', plan, tried: [], advice: 'do this' }],
  'foreign-writer': [{ kind: 'foreign-writer', moves: 3 }],
  paused: [{ kind: 'paused' }],
};

describe('the runbook', () => {
  it('has one entry for every hold and for every exit code but 0', () => {
    const exits = Object.values(EXIT).filter((exit) => exit !== 0);
    expect(headings).toEqual(
      [...Object.keys(HOLD_MEANINGS), ...exits.map((exit) => `Exit ${exit}`)].map((name) => `### ${name}`),
    );
  });

  it.each(Object.entries(HOLDS))('names the fields of the log line of %s, and no other', (kind, reasons) => {
    const written = reasons.flatMap((reason) => Object.keys(holdFields(reason)));
    const { fields } = HOLD_GUIDES[kind as HoldReason['kind']];
    expect(new Set(['reason', 'ends', ...fields])).toEqual(new Set(written));
  });

  it('names only metrics, settings and errors that exist', async () => {
    const metrics = metricsOf();
    const exported = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(exported).toEqual(expect.arrayContaining(text.match(/\blockstep_\w+/g) ?? []));
    const settings = [
      ...text.matchAll(/`--((?:l2|recovery)\.[\w.-]+|boot-timeout|halt-[\w-]+|engine-watchdog|journal)/g),
    ];
    for (const [, name] of settings) expect(OPTION_NAMES).toContain(name);
    const codes = text.match(/`[A-Z]+_[A-Z_]+`/g) ?? [];
    expect(Object.keys(ERROR_CODES)).toEqual(expect.arrayContaining(codes.map((code) => code.slice(1, -1))));
  });
});
