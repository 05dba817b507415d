import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../src/follow/decide.js';
import { promote } from '../../src/follow/labels.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { actInModel } from './model/act-model.js';
import { Choices, forEveryChoice } from './model/choices.js';
import { eventsBefore } from './model/events.js';
import { actForReal } from './model/real-hands.js';
import { SCENARIOS } from './model/scenarios.js';
import { Turn } from './model/turn.js';
import { firstWorld, type World } from './model/world.js';

beforeAll(initKeccak);

const CORE = { decide, promote };
const BUDGET = { source: 4, engine: 3, faults: 3 };
const TURNS = 30;

/** One turn of a walk: which event comes before it, and which questions of its calls are answered how. */
const STEP = fc.record({ event: fc.nat(), script: fc.array(fc.nat(7), { maxLength: 6 }) });

describe('the hands of the small worlds', () => {
  it('come to the same outcomes as the hands of the program', async () => {
    let compared = 0;
    const walk = fc.record({
      scenario: fc.constantFrom(...SCENARIOS),
      steps: fc.array(STEP, { minLength: TURNS, maxLength: TURNS }),
    });
    await fc.assert(
      fc.asyncProperty(walk, async ({ scenario, steps }) => {
        let world: World = firstWorld(scenario, BUDGET);
        for (const { event, script } of steps) {
          const events = eventsBefore(scenario, world);
          const turn = new Turn(scenario, events[event % events.length]!.next, CORE);
          const { action } = turn.decide();
          if (action.do === 'halt') return;
          const model = turn.hands(new Choices(script), true);
          // How many payloads are at hand for a batch is a matter of time.
          const one = action.do === 'extend' ? { ...action, batches: false } : action;
          const outcome = actInModel(one, model);
          if (action.do !== 'wait') {
            const real = turn.hands(new Choices(script), true);
            const quick = one.do === 'compare' ? { ...one, ms: 0 } : one;
            expect(await actForReal(quick, real)).toEqual(outcome);
            expect(real.engine).toEqual(model.engine);
            expect(real.happened).toEqual(model.happened);
            compared += 1;
          }
          world = turn.after(model, outcome);
        }
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});

describe('the choices of a run', () => {
  it('are gone through one by one, also where an answer leads to another question', () => {
    const seen: string[] = [];
    forEveryChoice((choices) => {
      const first = choices.pick(['a', 'b', 'c']);
      seen.push(first === 'b' ? first + choices.pick(['x', 'y']) : first);
    });
    expect(seen).toEqual(['a', 'bx', 'by', 'c']);
  });
});
