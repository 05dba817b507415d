import { random, type Random } from '../../devnet/producer/random.js';

/** What befalls one part; incidents of one lane follow each other, those of different lanes overlap as they come. */
export type Lane = 'el' | 'lockstep' | 'source' | 'engine' | 'chain';

interface Kind {
  readonly lane: Lane;
  /** How often it is drawn, against the others of its lane. */
  readonly weight: number;
  readonly forMs: readonly [min: number, max: number];
  /** At most so often in one schedule. */
  readonly most?: number;
}

const KINDS = {
  'EL killed': { lane: 'el', weight: 3, forMs: [0, 4_000] },
  'EL stopped': { lane: 'el', weight: 2, forMs: [0, 4_000] },
  'EL suspended': { lane: 'el', weight: 2, forMs: [200, 8_000] },
  // lockstep takes three in ten minutes for a second consensus client, and holds for a minute.
  'EL on a branch of its own': { lane: 'el', weight: 2, forMs: [0, 0], most: 2 },
  'lockstep killed': { lane: 'lockstep', weight: 3, forMs: [0, 3_000] },
  'lockstep stopped': { lane: 'lockstep', weight: 1, forMs: [0, 3_000] },
  'lockstep suspended': { lane: 'lockstep', weight: 2, forMs: [200, 8_000] },
  'source late': { lane: 'source', weight: 2, forMs: [1_000, 5_000] },
  'source answers 503': { lane: 'source', weight: 2, forMs: [500, 5_000] },
  'source answers 429': { lane: 'source', weight: 1, forMs: [500, 3_000] },
  'source resets': { lane: 'source', weight: 1, forMs: [500, 4_000] },
  'source drips': { lane: 'source', weight: 1, forMs: [1_000, 4_000] },
  'source lags': { lane: 'source', weight: 2, forMs: [1_000, 6_000] },
  'source frozen': { lane: 'source', weight: 1, forMs: [1_000, 6_000] },
  'source is two replicas': { lane: 'source', weight: 2, forMs: [1_000, 6_000] },
  'source down': { lane: 'source', weight: 1, forMs: [500, 5_000] },
  'engine answer lost': { lane: 'engine', weight: 3, forMs: [500, 3_000] },
  'engine port hangs': { lane: 'engine', weight: 1, forMs: [1_000, 6_000] },
  'engine late': { lane: 'engine', weight: 1, forMs: [1_000, 4_000] },
  'engine resets': { lane: 'engine', weight: 2, forMs: [500, 3_000] },
  'source reorganises': { lane: 'chain', weight: 3, forMs: [0, 0] },
  'source falls back': { lane: 'chain', weight: 1, forMs: [0, 0], most: 2 },
} as const satisfies Record<string, Kind>;

export type IncidentKind = keyof typeof KINDS;

export interface Incident {
  readonly kind: IncidentKind;
  readonly lane: Lane;
  readonly atMs: number;
  readonly forMs: number;
  /** How much of it: a depth, a delay, a count, as the kind has it. 0 to 99. */
  readonly size: number;
}

const LANES: readonly Lane[] = ['el', 'lockstep', 'source', 'engine', 'chain'];
const PAUSE_MS = [500, 8_000] as const;

/** Equal arguments give equal schedules. */
export function schedule(seed: string, lengthMs: number): readonly Incident[] {
  return LANES.flatMap((lane) => [...laneOf(lane, random(`${seed}/${lane}`), lengthMs)]);
}

function* laneOf(lane: Lane, chance: Random, lengthMs: number): Generator<Incident> {
  const drawn = new Map<IncidentKind, number>();
  for (let atMs = between(PAUSE_MS, chance); atMs < lengthMs;) {
    const kind = draw(lane, chance, drawn);
    const forMs = Math.min(between(KINDS[kind].forMs, chance), lengthMs - atMs);
    drawn.set(kind, (drawn.get(kind) ?? 0) + 1);
    yield { kind, lane, atMs, forMs, size: chance.integer(100) };
    atMs += forMs + between(PAUSE_MS, chance);
  }
}

function draw(lane: Lane, chance: Random, drawn: ReadonlyMap<IncidentKind, number>): IncidentKind {
  const kinds = Object.entries(KINDS) as readonly [IncidentKind, Kind][];
  const left = kinds.filter(([name, kind]) => kind.lane === lane && (drawn.get(name) ?? 0) < (kind.most ?? Infinity));
  let ticket = chance.integer(left.reduce((sum, [, { weight }]) => sum + weight, 0));
  for (const [name, { weight }] of left) {
    ticket -= weight;
    if (ticket < 0) return name;
  }
  throw new Error(`nothing can befall ${lane}`);
}

function between([min, max]: readonly [number, number], chance: Random): number {
  return min + chance.integer(max - min + 1);
}
