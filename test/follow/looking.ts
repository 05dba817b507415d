import type { Heads, Labels } from '../../src/chain/block.js';
import type { AppliedForkchoice } from '../../src/engine/engine.js';
import type { Outcome } from '../../src/follow/action.js';
import { Observer } from '../../src/follow/observe.js';
import type { Observation, Phase } from '../../src/follow/state.js';
import { A, at, labels, seen, sourceView } from './examples.js';
import { MemoryEngine } from './memory-engine.js';

const NEVER = new AbortController().signal;
const STARTING: Phase = { kind: 'starting' };
const FOLLOWING: Phase = { kind: 'following' };

export const NONE: Labels = { safe: null, finalized: null };
export const WAITED: Outcome = { of: 'wait' };

/** What is asked for by a look at the whole EL. */
export const WHOLE = ['heads', 'syncing'];

/** An EL that is looked at. */
export class Looking {
  readonly engine: MemoryEngine;
  readonly observer: Observer;
  source: Observation['source'] = { kind: 'pending' };
  phase: Phase = STARTING;
  remembered: Labels = NONE;
  nowMs = 0;
  calls: string[] = [];

  constructor(head: number) {
    this.engine = new MemoryEngine(A.slice(0, head + 1));
    this.engine.beforeCall = (call) => void this.calls.push(call);
    this.observer = new Observer(this.engine, () => this.nowMs);
  }

  /** One that follows at block 8, and was looked at before. */
  static async atRest(): Promise<Looking> {
    const looking = new Looking(8);
    looking.engine.headsNow = { unsafe: at(A, 8), ...labels(A, 5, 3) };
    looking.source = seen(sourceView(A, 8, labels(A, 5, 3)));
    await looking.look();
    looking.phase = FOLLOWING;
    return looking;
  }

  async look(outcome: Outcome | null = WAITED): Promise<Observation> {
    this.calls = [];
    return this.observer.observe(this.source, outcome, { phase: this.phase, remembered: this.remembered }, NEVER);
  }

  /** The EL is led to these heads, as the observer is told. */
  leads(heads: Heads, { effect = 'moved', foreignMove = false }: Partial<AppliedForkchoice> = {}): void {
    this.engine.headsNow = heads;
    this.observer.applied({ effect, answer: { status: 'VALID' }, heads, foreignMove, attempts: 1 });
  }
}

/** What was seen of the EL's chain at a height. */
export function blockAt({ engine }: Observation, height: number): unknown {
  return engine.kind === 'seen' ? engine.value.at.get(height) : engine;
}

export function reached(head: number): Outcome {
  return { of: 'extend', head: at(A, head), blocks: 1, stop: { why: 'reached' } };
}
