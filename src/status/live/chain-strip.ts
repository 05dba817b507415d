import type { BlockRef } from '../../chain/block.js';
import type { FollowHooks, Phase, Turn } from '../../follow/state.js';
import type { Plan } from '../../recovery/plan.js';
import { type Hash, shortHash } from '../../util/hex.js';
import type { Strip } from '../../page/wire.js';

const CELLS = 64;
/** Of two branches and what was given up. */
const MAX_KEPT = 4 * CELLS;

type Chain = ReadonlyMap<number, Hash>;

/** The newest blocks of both sides, as far as the loop came to see them: a chain is what its head's parents are. */
export class ChainStrip {
  #known = new Map<Hash, BlockRef>();
  #source: BlockRef | null = null;
  #local: BlockRef | null = null;
  /** Below its head, where blocks between were not seen. */
  #labels: readonly BlockRef[] = [];
  #phase: Phase = { kind: 'starting' };
  /** The newest way back. */
  #plan: Pick<Plan, 'ancestor' | 'engineHead'> | null = null;

  /** The same hooks; what they tell is kept. */
  watch(hooks: FollowHooks): FollowHooks {
    return {
      ...hooks,
      onTurn: (turn) => {
        this.#turned(turn);
        hooks.onTurn(turn);
      },
      onBlock: (payload) => {
        this.#note(payload.ref);
        this.#local = payload.ref;
        hooks.onBlock(payload);
      },
      onOutcome: (outcome) => {
        if (outcome.of === 'plan' && outcome.result.kind === 'planned') this.#planned(outcome.result.plan);
        hooks.onOutcome(outcome);
      },
    };
  }

  get view(): Strip {
    const [source, local] = [this.#below(this.#source), this.#below(this.#local)];
    for (const { number, hash } of this.#labels) if (!local.has(number)) local.set(number, hash);
    const divergence = divergenceOf(this.#phase);
    if (divergence !== null) {
      source.set(divergence.source.number, divergence.source.hash);
      local.set(divergence.engine.number, divergence.engine.hash);
    }
    const top = Math.max(this.#source?.number ?? -1, this.#local?.number ?? -1);
    const from = Math.max(0, top - CELLS + 1);
    const heights = Array.from({ length: top - from + 1 }, (_, index) => from + index);
    const isForked = heights.some((height) => differ(source.get(height), local.get(height)));
    const givenUp = isForked ? NOTHING : this.#givenUp(local);
    const cells = (chain: Chain): (string | null)[] => heights.map((height) => shown(chain.get(height)));
    return {
      from,
      source: cells(source),
      local: cells(local),
      givenUp: cells(givenUp),
      ancestor: this.#ancestor({ heights, source, local }, isForked, givenUp),
      isForked,
    };
  }

  #turned({ state, observation: { engine, source } }: Turn): void {
    this.#phase = state.phase;
    if (engine.kind === 'seen') {
      const { unsafe, safe, finalized } = engine.value.heads;
      this.#local = unsafe;
      this.#labels = [safe, finalized].filter((ref) => ref !== null && ref.number < unsafe.number) as BlockRef[];
      this.#note(unsafe);
    }
    if (source.kind === 'seen') {
      this.#source = source.value.head;
      this.#note(source.value.head);
    }
  }

  #planned({ ancestor, blocks, replaced, engineHead }: Plan): void {
    this.#plan = { ancestor, engineHead };
    for (const ref of [ancestor, replaced, engineHead, ...blocks.slice(-CELLS)]) this.#note(ref);
  }

  #note(ref: BlockRef): void {
    this.#known.set(ref.hash, ref);
    // Many at a time: what was deleted one by one would be passed over at each look for the oldest.
    if (this.#known.size > 2 * MAX_KEPT) this.#known = new Map([...this.#known].slice(-MAX_KEPT));
  }

  /** The blocks from a head down, by their parents, until one was not seen. */
  #below(head: BlockRef | null): Map<number, Hash> {
    const chain = new Map<number, Hash>();
    for (let ref = head ?? undefined; ref !== undefined && chain.size < CELLS; ref = this.#known.get(ref.parentHash)) {
      chain.set(ref.number, ref.hash);
      if (ref.number > 0) chain.set(ref.number - 1, ref.parentHash);
    }
    return chain;
  }

  /** What the EL had above the ancestor of the newest plan, once it is on the chain of the source again. */
  #givenUp(local: Chain): Chain {
    if (this.#plan === null) return NOTHING;
    const { ancestor, engineHead } = this.#plan;
    const left = [...this.#below(engineHead)].filter(([height, hash]) => {
      return height > ancestor.number && differ(hash, local.get(height));
    });
    return new Map(left);
  }

  #ancestor(
    { heights, source, local }: { readonly heights: readonly number[]; readonly source: Chain; readonly local: Chain },
    isForked: boolean,
    givenUp: Chain,
  ): number | null {
    if (isForked) {
      const lowest = heights.find((height) => differ(source.get(height), local.get(height))) ?? 0;
      const common = heights.findLast(
        (height) => height < lowest && source.get(height) === local.get(height) && local.has(height),
      );
      if (common === lowest - 1) return common;
    } else if (!heights.some((height) => givenUp.has(height))) return null;
    const number = this.#plan?.ancestor.number ?? -1;
    return number >= (heights[0] ?? 0) ? number : null;
  }
}

const NOTHING: Chain = new Map();

function differ(a: Hash | undefined, b: Hash | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function shown(hash: Hash | undefined): string | null {
  return hash === undefined ? null : shortHash(hash);
}

function divergenceOf(phase: Phase) {
  if (phase.kind === 'recovering') return phase.divergence;
  return phase.kind === 'holding' && 'divergence' in phase.reason ? phase.reason.divergence : null;
}
