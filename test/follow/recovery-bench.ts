import type { BlockRef, Labels } from '../../src/chain/block.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import type { ClimbAction, ClimbStop, Ground, PlanAction, PlanResult } from '../../src/follow/action.js';
import { climb, unmap, type ClimbDeps } from '../../src/follow/climb.js';
import { makePlan, type PlanDeps } from '../../src/follow/make-plan.js';
import { PlannedPayloads } from '../../src/follow/planned-payloads.js';
import { DEFAULT_RECOVERY_POLICY } from '../../src/follow/recovery-state.js';
import type { Plan } from '../../src/recovery/plan.js';
import { grow } from './blocks.js';
import { MemoryEngine } from './memory-engine.js';
import { MemorySource } from './memory-source.js';

/** The source's chain, blocks 0 to 60, and one that leaves it above block 20. */
export const SOURCE = grow(null, 61, 'source');
export const OWN = [...SOURCE.slice(0, 21), ...grow(SOURCE[20]!.ref, 30, 'own')];
export const ANCESTOR = SOURCE[20]!.ref;

export function own(number: number): BlockRef {
  return OWN[number]!.ref;
}

export function theirs(number: number): BlockRef {
  return SOURCE[number]!.ref;
}

/** An EL on a branch of its own, `head` its highest block, and a source with the other one. */
export class RecoveryBench {
  readonly source = new MemorySource(SOURCE);
  readonly engine: MemoryEngine;
  readonly payloads = new PlannedPayloads(1_000_000);
  readonly stop = new AbortController();
  readonly planned: string[] = [];
  readonly refused = new Set<string>();
  sourceLabels: Labels | null = null;
  /** As the last rung or cure told. */
  spoiledAbove: number | null = null;
  policy = DEFAULT_RECOVERY_POLICY;

  constructor(readonly head: number) {
    this.engine = new MemoryEngine(OWN.slice(0, head + 1).map(({ ref }) => ref));
  }

  plan(more: Partial<PlanAction> = {}): Promise<PlanResult> {
    const action: PlanAction = {
      do: 'plan',
      id: 1,
      divergence: { source: theirs(this.head), engine: own(this.head) },
      engineHead: own(this.head),
      target: theirs(60),
      floor: null,
      fence: null,
      maxDepth: 50_000,
      maySync: true,
      pausedUntil: null,
      ...more,
    };
    return makePlan(action, this.#deps(), this.stop.signal);
  }

  /** The plan of {@link plan}, which has to work. */
  async soundPlan(): Promise<Plan> {
    const result = await this.plan();
    if (result.kind !== 'planned') throw new Error(`no plan but ${result.kind}`);
    return result.plan;
  }

  async climb(rung: ClimbAction['rung'], more: Partial<ClimbAction> = {}): Promise<ClimbStop> {
    const plan = more.plan ?? (await this.soundPlan());
    const action: ClimbAction = { do: 'climb', rung, plan, ground: this.ground(), primed: true, ...more };
    const { stop, spoiledAbove } = await climb(action, this.#deps(), this.stop.signal);
    this.spoiledAbove = spoiledAbove;
    return stop;
  }

  async unmap(fence: BlockRef | null = null): Promise<ClimbStop> {
    const { stop, spoiledAbove } = await unmap(
      { do: 'unmap', from: own(this.head), fence, ground: this.ground() },
      this.#deps(),
      this.stop.signal,
    );
    this.spoiledAbove = spoiledAbove;
    return stop;
  }

  ground(trusted: Labels = { safe: null, finalized: null }): Ground {
    return { trusted, awaited: [], known: new Map(OWN.slice(0, this.head + 1).map(({ ref }) => [ref.number, ref])) };
  }

  #deps(): PlanDeps & ClimbDeps {
    return {
      source: this.source,
      engine: this.engine,
      limits: { maxBlocks: 8, maxBytes: 1_000_000 },
      window: new FetchWindow(4),
      recoveryPolicy: this.policy,
      payloads: this.payloads,
      onPlanning: (what, number) => void this.planned.push(`${what} ${number}`),
      onBlock: () => undefined,
      now: () => 0,
      apply: (fc) => this.engine.applyForkchoice(fc),
      sourceLabels: () => this.sourceLabels,
      isRefused: (hash) => this.refused.has(hash),
    };
  }
}
