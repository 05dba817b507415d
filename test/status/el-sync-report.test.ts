import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Observation, State } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, engineView, observation, POLICY, RUNNING, SETTLED, sourceView } from '../follow/examples.js';
import { WrittenReport } from './written-report.js';

let report: WrittenReport;

beforeEach(() => {
  report = new WrittenReport();
});

describe('an EL sync', () => {
  const idle: State['elSync'] = { policy: POLICY, stage: 'idle' };
  const view = observation(engineView(A, 5), sourceView(A, 9));

  function change(was: State['elSync'], is: State['elSync'], observed: Observation = view): void {
    const syncing = { ...SETTLED, phase: { kind: 'syncing' } as const };
    const action = { do: 'wait', ms: 1 } as const;
    report.hooks.onTurn({
      before: { ...syncing, elSync: was },
      state: { ...syncing, elSync: is },
      observation: observed,
      action,
    });
  }

  it('is told when it is asked for, when it begins, when the target changes and when it is over', () => {
    const asked = { ...RUNNING, started: false };
    change(idle, asked);
    change(asked, RUNNING);
    change(RUNNING, RUNNING);
    change(RUNNING, { ...RUNNING, target: at(A, 9) });
    change(RUNNING, idle, observation(engineView(A, 7), sourceView(A, 9)));
    expect(report.taken().map(({ lvl, msg }) => [lvl, msg])).toEqual([
      ['info', 'EL sync: the EL is pointed at the head of the source'],
      ['info', 'EL sync: the EL has begun to sync'],
      ['info', 'EL sync: the EL is pointed at a newer head'],
      ['info', 'EL sync: the EL is at its target'],
    ]);
  });

  it('is told as progress, with the block and what shows it', () => {
    report.nowMs += 12_000;
    change(RUNNING, { ...RUNNING, at: 6, by: 'eth_syncing' });
    expect(report.taken()).toEqual([
      expect.objectContaining({ msg: 'EL sync: at 6 of 7 (eth_syncing)', state: 'syncing' }),
    ]);
  });

  it.each<[Partial<Extract<State['elSync'], { stage: 'given-up' }>>, string]>([
    [{ why: 'not-started', peers: 0 }, 'the EL has no peers (net_peerCount 0)'],
    [{ why: 'not-started', peers: null }, 'the EL did not start to sync within 3 s'],
    [{ why: 'stalled', peers: 2 }, 'the EL got no further than block 5 for 8 s'],
    [{ why: 'refused', answer: 'INVALID (bad)' }, 'the EL refused the target'],
  ])('that is given up is one warning with the reason: %j', (end, reason) => {
    const defaults = { why: 'stalled', target: at(A, 7), at: 5, peers: 0, answer: null } as const;
    const over: State['elSync'] = { policy: POLICY, stage: 'given-up', ...defaults, ...end };
    change(RUNNING, over);
    change(over, over);
    const msg = `EL sync given up, the blocks are replayed instead: ${reason}`;
    expect(report.taken()).toEqual([expect.objectContaining({ lvl: 'warn', why: end.why, msg })]);
  });

  it('whose target is not what it claims is an error line', () => {
    const error = new LockstepError('BLOCK_HASH_MISMATCH');
    const stop = { why: 'block-rejected', number: 7, error } as const;
    report.hooks.onOutcome({ of: 'el-sync', from: at(A, 5), target: at(A, 7), stop });
    expect(report.taken()).toEqual([expect.objectContaining({ lvl: 'error', at: 7, code: 'BLOCK_HASH_MISMATCH' })]);
  });
});
