import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { A, engineView, NOW, observation, SETTLED, sourceView } from '../follow/examples.js';
import { TURNS } from '../follow/model/check-schedules.js';
import { PROFILES } from '../follow/model/recovery-scenarios.js';
import { play } from '../follow/model/schedule-run.js';
import { scheduleWorlds } from '../follow/model/schedule-worlds.js';
import { schedules } from '../follow/model/schedule.js';
import { MemorySink } from './memory-sink.js';
import { differencesIn, partsOf, recorderInto, recordingDecide } from './record-fixture.js';

beforeAll(initKeccak);

const WORLDS = PROFILES.flatMap(scheduleWorlds);
const RUN = schedules(WORLDS.length, TURNS);

/** Counts what it decides. */
function counting(): { readonly decides: typeof decide; count: number } {
  const counted = {
    count: 0,
    decides: ((...given) => {
      counted.count += 1;
      return decide(...given);
    }) as typeof decide,
  };
  return counted;
}

describe('the record of a random run', () => {
  it('replays to the same decisions, all of them', async () => {
    await fc.assert(
      fc.asyncProperty(RUN, async ({ world, steps }) => {
        const sink = new MemorySink();
        const decided = counting();
        play(WORLDS[world]!, steps, { decide: recordingDecide(recorderInto(sink), decided.decides), promote });
        const parts = await partsOf(sink.files.join(''));
        expect(differencesIn(parts)).toEqual([]);
        expect(parts.filter(({ kind }) => kind === 'turn')).toHaveLength(decided.count);
      }),
      { numRuns: 15 },
    );
  });

  it('replays also where lines were dropped and files were begun anew, and counts what is missing', async () => {
    let rotated = 0;
    let dropped = 0;
    await fc.assert(
      fc.asyncProperty(RUN, fc.infiniteStream(fc.nat(9)), async ({ world, steps }, takes) => {
        const sink = new MemorySink(60_000, () => takes.next().value !== 0);
        const decided = counting();
        play(WORLDS[world]!, steps, { decide: recordingDecide(recorderInto(sink), decided.decides), promote });
        const parts = await partsOf(sink.files.join(''));
        expect(differencesIn(parts)).toEqual([]);
        const told = parts.filter(({ kind }) => kind === 'turn').length;
        const missing = parts.reduce((turns, part) => turns + (part.kind === 'gap' ? part.turns : 0), 0);
        // What is missing at the very end is told by nothing.
        expect(told + missing).toBeLessThanOrEqual(decided.count);
        expect(told + missing).toBeGreaterThan(decided.count - 8);
        for (const text of sink.files.filter((file) => file !== ''))
          expect(differencesIn(await partsOf(text))).toEqual([]);
        rotated += sink.files.length - 1;
        dropped += missing;
      }),
      { numRuns: 15 },
    );
    expect(rotated).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(0);
  });
});

describe('the record of a state that is changed between two decisions', () => {
  it('replays to the same decisions, and has of the state what was changed', async () => {
    await fc.assert(
      fc.asyncProperty(RUN, fc.infiniteStream(fc.nat(3)), async ({ world, steps }, orders) => {
        const sink = new MemorySink();
        const records = recordingDecide(recorderInto(sink));
        // As an operator who asks to check again, and as another driver of the EL.
        const changes: typeof decide = (before, seen, tick) => {
          const { session } = before;
          const order = orders.next().value as number;
          if (order === 0) return records(before, seen, tick);
          if (order === 1) return records({ ...before, session: { ...session, identified: false } }, seen, tick);
          return records({ ...before, standing: null, lastForkchoiceAt: tick.now }, seen, tick);
        };
        try {
          play(WORLDS[world]!, steps, { decide: changes, promote });
        } catch {
          // What is done to the state here, the rules of these worlds do not know.
        }
        const text = sink.files.join('');
        expect(differencesIn(await partsOf(text))).toEqual([]);
        expect(text.split('"state":').length).toBeLessThan(4);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the record of a version that decides otherwise', () => {
  it('shows each decision that is another one now', async () => {
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(RUN, async ({ world, steps }) => {
        const sink = new MemorySink();
        let waited = 0;
        const patient: typeof decide = (...given) => {
          const { state, action } = decide(...given);
          if (action.do !== 'forkchoice' || action.why !== 'promote' || waited > 2) return { state, action };
          waited += 1;
          return { state, action: { do: 'wait', ms: 1_000 } };
        };
        play(WORLDS[world]!, steps, { decide: recordingDecide(recorderInto(sink), patient), promote });
        const differences = differencesIn(await partsOf(sink.files.join('')));
        expect(differences).toHaveLength(waited);
        expect(differences.every((text) => text.endsWith(': forkchoice'))).toBe(true);
        shown += differences.length;
      }),
      { numRuns: 10 },
    );
    expect(shown).toBeGreaterThan(0);
  });

  it('shows the fields of the state that are other ones now', async () => {
    const sink = new MemorySink();
    let turns = 0;
    const otherwise = recordingDecide(recorderInto(sink), (...given) => {
      const { state, action } = decide(...given);
      turns += 1;
      return { state: turns === 100 ? { ...state, pace: { ...state.pace, plans: 7 } } : state, action };
    });
    let state = SETTLED;
    while (turns < 300) {
      const tick = { now: NOW + turns, random: 0 };
      ({ state } = otherwise(state, observation(engineView(A, 9), sourceView(A, 9)), tick));
    }
    expect(differencesIn(await partsOf(sink.files.join('')))).toEqual(['line 258: pace']);
  });
});
