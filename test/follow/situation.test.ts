import { describe, expect, it } from '@jest/globals';
import { classify, type SituationKind } from '../../src/follow/situation.js';
import type { Observation, State } from '../../src/follow/state.js';
import { LockstepError } from '../../src/util/errors.js';
import {
  A,
  at,
  B,
  engineView,
  failed,
  labels,
  NOW,
  observation,
  seen,
  SETTLED,
  sourceView,
  SYNCING,
} from './examples.js';

const ERROR = new LockstepError('ENGINE_TIMEOUT');
const GAP = observation(engineView(A, 5), sourceView(A, 8, labels(A, 4, 2)));

/** Every cause of a situation at once, the strongest first; taking away the first one leaves the next situation. */
interface Layer {
  readonly situation: SituationKind;
  readonly state?: Partial<State>;
  readonly seen?: (under: Observation) => Observation;
}

const LAYERS: readonly Layer[] = [
  { situation: 'halted', state: { phase: { kind: 'halted', error: ERROR } } },
  { situation: 'paused', state: { paused: true } },
  { situation: 'engine-down', seen: (under) => ({ ...under, engine: failed('ENGINE_UNREACHABLE') }) },
  { situation: 'unsettled', state: { unsettled: { until: NOW + 1, waitMs: 8_000, error: ERROR } } },
  {
    situation: 'engine-syncing',
    seen: (under) => ({ ...under, engine: seen(engineView(A, 5, undefined, { syncing: SYNCING })) }),
  },
  { situation: 'source-down', seen: (under) => ({ ...under, source: failed('SOURCE_TIMEOUT') }) },
  {
    situation: 'backing-off',
    state: {
      trouble: { key: 'source', count: 1, retryAt: NOW + 1, named: false, reason: { kind: 'engine-syncing' } },
    },
  },
  { situation: 'unidentified', state: { sourceIdentified: false } },
  {
    situation: 'diverged',
    state: { suspicion: { height: 5, seen: 2, divergence: { source: at(B, 5), engine: at(A, 5) } } },
  },
  { situation: 'suspect', seen: (under) => ({ ...under, source: seen(sourceView(B, 5, labels(A, 3, 2))) }) },
  { situation: 'unprimed', state: { session: { ...SETTLED.session, primed: false } } },
  { situation: 'behind', seen: (under) => ({ ...under, source: seen(sourceView(A, 8, labels(A, 4, 2))) }) },
  { situation: 'labels-behind', seen: (under) => ({ ...under, source: seen(sourceView(A, 5, labels(A, 4, 2))) }) },
  { situation: 'in-step' },
];

/** All layers from `first` on lie on top of an EL and a source that are in step. */
function stack(first: number): { state: State; seen: Observation } {
  let state = SETTLED;
  let observed = observation(engineView(A, 5), sourceView(A, 5));
  for (const layer of LAYERS.slice(first).reverse()) {
    state = { ...state, ...layer.state };
    observed = layer.seen?.(observed) ?? observed;
  }
  return { state, seen: observed };
}

describe('of all that an observation can mean', () => {
  it.each(LAYERS.map((layer, index) => ({ ...layer, index })))(
    '$situation comes before everything below it',
    ({ situation, index }) => {
      const { state, seen: observed } = stack(index);
      expect(classify(state, observed, NOW).kind).toBe(situation);
    },
  );
});

describe('a contradiction', () => {
  const between = (source: Observation['source'], engine = engineView(A, 7)) =>
    classify(SETTLED, { engine: seen(engine), source, outcome: null }, NOW);

  it.each([
    ['the head', sourceView(B, 7, labels(A, 3, 2)), 7],
    ['a head below that of the EL', sourceView(B, 6, labels(A, 3, 2)), 6],
    ['the head, before the labels', sourceView(B, 7, labels(B, 6, 5)), 7],
    ['the safe block', sourceView(A, 7, { safe: at(B, 6), finalized: at(A, 5) }), 6],
    ['the finalized block, before the safe one', sourceView(A, 7, labels(B, 6, 5)), 5],
  ])('is seen at %s', (_where, view, height) => {
    expect(between(seen(view))).toMatchObject({ kind: 'suspect', height });
  });

  it.each([
    ['a head above that of the EL', sourceView(B, 8)],
    ['a label above the EL', sourceView(A, 7, labels(B, 9, 8))],
    ['the same chain', sourceView(A, 7, labels(A, 6, 5))],
    ['a lower head on the same chain', sourceView(A, 4, labels(A, 2, 1))],
    ['no labels', sourceView(A, 7, null)],
    ['unset labels', sourceView(A, 7, labels(A, null, null))],
  ])('is not seen at %s', (_where, view) => {
    expect(between(seen(view)).kind).not.toBe('suspect');
  });

  it('of the labels does not keep the EL from following the head, where each block has to link', () => {
    expect(between(seen(sourceView(A, 9, labels(B, 6, 5)))).kind).toBe('behind');
  });

  it('is not made of a height that the EL was not asked for', () => {
    const engine = engineView(A, 7, undefined, { at: new Map() });
    expect(between(seen(sourceView(B, 6)), engine).kind).not.toBe('suspect');
  });
});

describe('a new session', () => {
  const fresh: State = { ...SETTLED, session: { ...SETTLED.session, compared: false, primed: false } };

  it('compares the head of the EL with the source before the EL is told anything', () => {
    expect(classify(fresh, GAP, NOW)).toEqual({ kind: 'suspect', height: 5, seen: 0 });
  });

  it('has the EL told its own head before anything else', () => {
    const compared = { ...fresh, session: { ...fresh.session, compared: true } };
    expect(classify(compared, GAP, NOW)).toMatchObject({ kind: 'unprimed', forkchoice: { head: at(A, 5) } });
  });

  it('needs no read of its own where the observation compares the heads', () => {
    const level = observation(engineView(A, 5), sourceView(A, 5));
    expect(classify(fresh, level, NOW).kind).toBe('unprimed');
    const above = observation(engineView(A, 7), sourceView(A, 5));
    expect(classify(fresh, above, NOW).kind).toBe('unprimed');
  });

  it('at genesis starts with the first block', () => {
    expect(classify(fresh, observation(engineView(A, 0), sourceView(A, 5)), NOW).kind).toBe('behind');
  });
});

describe('an EL that shows a sync', () => {
  const syncing = (head: number, state: State) =>
    classify(state, observation(engineView(A, head, undefined, { syncing: SYNCING }), sourceView(A, 8)), NOW).kind;

  it('is left alone, unless it was seen to take a forkchoice all the same', () => {
    expect(syncing(5, SETTLED)).toBe('engine-syncing');
    expect(syncing(5, { ...SETTLED, session: { ...SETTLED.session, ignoreSyncing: true } })).toBe('behind');
  });

  it('is given the first block when it stands at genesis', () => {
    expect(syncing(0, SETTLED)).toBe('behind');
  });

  it('proves its identity first, because only then it can be probed', () => {
    expect(syncing(5, { ...SETTLED, session: { ...SETTLED.session, identified: false } })).toBe('unidentified');
  });
});

describe('an EL above its source', () => {
  it('on the same chain is in step: it is never brought back', () => {
    const above = observation(engineView(A, 7, labels(A, 3, 2)), sourceView(A, 5, labels(A, 3, 2)));
    expect(classify(SETTLED, above, NOW)).toEqual({ kind: 'in-step', keepAlive: null });
  });

  it('still gets the labels of the source', () => {
    const above = observation(engineView(A, 7, labels(A, 3, 2)), sourceView(A, 5, labels(A, 5, 4)));
    expect(classify(SETTLED, above, NOW)).toMatchObject({
      kind: 'labels-behind',
      forkchoice: { head: at(A, 7), labels: labels(A, 5, 4) },
    });
  });
});

describe('both sides at genesis', () => {
  it('have nothing to label: no forkchoice names it (D3)', () => {
    const first = observation(engineView(A, 0), sourceView(A, 0, labels(A, 0, 0)));
    expect(classify(SETTLED, first, NOW)).toEqual({ kind: 'in-step', keepAlive: null });
  });
});
