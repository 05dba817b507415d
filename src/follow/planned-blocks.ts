import type { BlockRef } from '../chain/block.js';
import { targetOf, type Plan } from '../recovery/plan.js';
import type { NextBlocks } from './confirmed-blocks.js';
import { FetchAhead, type FetchDeps } from './fetch-ahead.js';
import type { PlannedPayloads } from './planned-payloads.js';
import { prepare, type Prepared } from './prepare.js';

interface PlannedDeps extends FetchDeps {
  readonly payloads: PlannedPayloads;
}

/**
 * Hands out the payloads of a plan above the block that the EL stands at: those kept from planning, and then the rest by
 * hash. Every one of them was verified and linked before the EL was touched, so a source that flips cannot change them.
 */
export class PlannedBlocks implements NextBlocks {
  readonly #plan: Plan;
  readonly #deps: PlannedDeps;
  readonly #signal: AbortSignal;
  #at: BlockRef;
  #fetching: FetchAhead | null = null;
  #finishing = false;

  constructor(plan: Plan, from: BlockRef, deps: PlannedDeps, signal: AbortSignal) {
    this.#plan = plan;
    this.#deps = deps;
    this.#signal = signal;
    this.#at = from;
  }

  async next(): Promise<Prepared> {
    const parent = this.#at;
    if (this.#fetching === null) {
      if (this.#finishing) return { kind: 'stop', stop: { why: 'slice' } };
      const next = this.#plan.blocks[parent.number - this.#plan.ancestor.number];
      if (next === undefined) throw new RangeError('no block of the plan is left');
      const payload = this.#deps.payloads.take(next.hash);
      if (payload !== null) {
        this.#at = next;
        return { kind: 'ready', payload };
      }
      this.#fetching = this.#fetchFrom(parent.number + 1);
    }
    const prepared = await prepare(this.#fetching, parent, targetOf(this.#plan), this.#deps.source, this.#signal);
    if (prepared.kind === 'ready') this.#at = prepared.payload.ref;
    return prepared;
  }

  executed(number: number): void {
    this.#fetching?.executed(number);
  }

  finish(): void {
    this.#finishing = true;
    this.#fetching?.finish();
  }

  #fetchFrom(first: number): FetchAhead {
    const hashes = new Map(this.#plan.blocks.map(({ number, hash }) => [number, hash]));
    return new FetchAhead(this.#deps, { first, target: targetOf(this.#plan), hashes }, this.#signal);
  }
}
