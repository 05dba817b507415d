import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Action } from '../../src/follow/action.js';
import type { Turn } from '../../src/follow/state.js';
import { A, at, engineView, failed, labels, observation, SETTLED, sourceView } from '../follow/examples.js';
import { WrittenReport } from './written-report.js';

let report: WrittenReport;

beforeEach(() => {
  report = new WrittenReport();
});

describe('a source that shows no new block (S24)', () => {
  const shows = (number: number, action: Action = { do: 'wait', ms: 1 }): void => {
    const turnOf: Turn = {
      before: SETTLED,
      state: SETTLED,
      observation: observation(engineView(A, 5), sourceView(A, number)),
      action,
    };
    report.hooks.onTurn(turnOf);
  };
  const said = (): unknown[] =>
    report
      .taken()
      .filter(({ msg }) => String(msg).startsWith('The source'))
      .map(({ lvl, msg, silent_s }) => [lvl, msg, silent_s]);

  it('for a minute is one warning, and one line when it shows one again', () => {
    shows(9);
    report.nowMs = 59_000;
    shows(9);
    expect(said()).toEqual([]);
    report.nowMs = 60_000;
    shows(9);
    report.nowMs = 200_000;
    shows(9);
    expect(said()).toEqual([['warn', 'The source has shown no new block for a minute', undefined]]);
    shows(10);
    expect(said()).toEqual([['info', 'The source shows new blocks again', 200]]);
  });

  it('while blocks are replayed up to its head was not asked for one', () => {
    const ground = { trusted: labels(A, null, null), awaited: [], known: new Map() };
    const to = at(A, 9);
    const extend: Action = {
      do: 'extend',
      from: at(A, 5),
      to,
      ground,
      everyBlock: false,
      doubtful: false,
      batches: true,
      plan: null,
    };
    shows(9);
    report.nowMs = 10_000;
    shows(9, extend);
    // Two slices of one long extension.
    report.nowMs = 100_000;
    shows(9, extend);
    report.nowMs = 190_000;
    shows(9);
    report.nowMs = 239_000;
    shows(9);
    expect(said()).toEqual([]);
    report.nowMs = 240_000;
    shows(9);
    expect(said()).toEqual([['warn', 'The source has shown no new block for a minute', undefined]]);
  });

  it('because it is away is no silence of its chain', () => {
    shows(9);
    report.nowMs = 100_000;
    const away = observation(engineView(A, 5), sourceView(A, 9));
    report.hooks.onTurn({
      before: SETTLED,
      state: SETTLED,
      observation: { ...away, source: failed('SOURCE_TIMEOUT') },
      action: { do: 'wait', ms: 1 },
    });
    expect(said()).toEqual([]);
  });
});
