import type { BlockRef, Labels } from '../../src/chain/block.js';
import { FetchWindow } from '../../src/follow/fetch-window.js';
import { extend, type ExtendDeps } from '../../src/follow/extend.js';
import type { ExtendAction, Ground, Outcome } from '../../src/follow/action.js';
import { grow } from './blocks.js';
import { PlannedPayloads } from '../../src/follow/planned-payloads.js';
import { MemoryEngine } from './memory-engine.js';
import { MemorySource } from './memory-source.js';

export const CHAIN = grow(null, 21, 'a');
const NO_LABELS: Labels = { safe: null, finalized: null };

export function ref(number: number): BlockRef {
  return CHAIN[number]!.ref;
}

export function labels(safe: number | null, finalized: number | null): Labels {
  const pick = (number: number | null): BlockRef | null => (number === null ? null : ref(number));
  return { safe: pick(safe), finalized: pick(finalized) };
}

/** An EL at `head`, a source with 20 blocks, and one extension between them. */
export class Bench {
  readonly source = new MemorySource(CHAIN);
  readonly engine: MemoryEngine;
  readonly stop = new AbortController();
  readonly sent: number[] = [];
  sourceLabels: Labels | null = null;
  refused = new Set<string>();
  ordered = false;
  nowMs = 0;
  blocksPerForkchoice = 4;

  readonly payloads = new PlannedPayloads(1_000_000);

  constructor(readonly head: number) {
    this.engine = new MemoryEngine(CHAIN.slice(0, head + 1).map((block) => block.ref));
  }

  extend(to: number, action: Partial<ExtendAction> = {}): Promise<Extract<Outcome, { of: 'extend' }>> {
    const from = ref(this.head);
    const whole: ExtendAction = {
      do: 'extend',
      from,
      to: ref(to),
      ground: this.ground(),
      everyBlock: true,
      doubtful: false,
      batches: false,
      plan: null,
      ...action,
    };
    return extend(whole, this.#deps(), this.stop.signal);
  }

  ground(part: Partial<Ground> = {}): Ground {
    return {
      awaited: [],
      trusted: NO_LABELS,
      known: new Map([[this.head, ref(this.head)]]),
      ...part,
    };
  }

  /** There is an order as soon as a block was accepted. */
  orderedAfter(number: number): void {
    this.engine.beforeCall = (call) => {
      if (call === `np ${number}`) this.ordered = true;
    };
  }

  /** Lets the clock stand at `ms` as soon as a block was accepted. */
  clockAfter(number: number, ms: number): void {
    this.engine.beforeCall = (call) => {
      if (call === `np ${number}`) this.nowMs = ms;
    };
  }

  #deps(): ExtendDeps {
    return {
      source: this.source,
      engine: this.engine,
      apply: (fc) => this.engine.applyForkchoice(fc),
      sourceLabels: () => this.sourceLabels,
      isRefused: (hash) => this.refused.has(hash),
      isOrdered: () => this.ordered,
      onBlock: (payload) => void this.sent.push(payload.ref.number),
      payloads: this.payloads,
      limits: {
        maxBlocks: 8,
        maxBytes: 1_000_000,
        blocksPerForkchoice: this.blocksPerForkchoice,
      },
      window: new FetchWindow(4),
      now: () => this.nowMs,
    };
  }
}
