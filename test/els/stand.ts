import { readFileSync } from 'node:fs';
import type { ElKind, RunningEl } from '../../devnet/els/el.js';
import type { BlockRef } from '../../src/chain/block.js';
import { forkchoice } from '../../src/chain/forkchoice.js';
import type { Engine, EngineAnswer } from '../../src/engine/engine.js';
import { createEngine, type EngineOptions } from '../../src/engine/http.js';
import { copiedSibling } from '../../src/payload/copied-sibling.js';
import type { Payload } from '../../src/payload/payload.js';
import type { Scratch } from '../devnet/scratch.js';
import type { Branches, MadeBlock } from './branches.js';

interface StandingLabels {
  readonly safe: BlockRef;
  readonly finalized: BlockRef;
}

/** An EL on a chain with branches, moved by hand through the engine that lockstep moves it by. Its public RPC is the admin one. */
export class Stand {
  readonly signal = new AbortController().signal;
  readonly engine: Engine;

  private constructor(
    readonly el: RunningEl,
    private readonly branches: Branches,
  ) {
    this.engine = connect(el, { adminRpcUrl: el.httpUrl });
  }

  /** The same `name` is the same EL. */
  static async start(scratch: Scratch, kind: ElKind, branches: Branches, name: string): Promise<Stand> {
    const el = await scratch.launch(kind, name, { genesis: branches.genesis });
    const stand = new Stand(el, branches);
    const { genesis } = await stand.engine.identify(stand.signal);
    // The first forkchoice after a start must name the current head (engines-measured 1.12).
    await stand.engine.applyForkchoice(forkchoice(genesis, { safe: null, finalized: null }), stand.signal);
    return stand;
  }

  /** Sends every block of the chain and a copy of it, and makes the last block the head. */
  async takeAll(): Promise<void> {
    for (const made of this.branches.main.values()) {
      for (const payload of [made.payload(), made.payload(copiedSibling(made.block))]) {
        const answer = await this.send(payload);
        if (answer !== 'VALID') throw new Error(`block ${made.ref.number} or its copy: ${answer}`);
      }
    }
    await this.moveTo(this.block(this.branches.head));
  }

  async end(): Promise<void> {
    await this.engine.close();
    await this.el.kill();
  }

  made(number: number): MadeBlock {
    const made = this.branches.main.get(number);
    if (made === undefined) throw new Error(`there is no block ${number}`);
    return made;
  }

  block(number: number): BlockRef {
    return this.made(number).ref;
  }

  get labels(): StandingLabels {
    return { safe: this.block(6), finalized: this.block(4) };
  }

  async send(payload: Payload): Promise<string> {
    return inShort(await this.engine.newPayload(payload, this.signal));
  }

  async setHead(to: BlockRef): Promise<string> {
    return inShort(await this.engine.setHead(to, this.signal));
  }

  async apply(head: BlockRef, labels: StandingLabels): Promise<[answer: string, effect: string]> {
    const { answer, effect } = await this.engine.applyForkchoice(forkchoice(head, labels), this.signal);
    return [inShort(answer), effect];
  }

  /** @throws Error where the EL does not show it as its head afterwards, with the labels */
  async moveTo(head: BlockRef): Promise<void> {
    const [answer, effect] = await this.apply(head, this.labels);
    const [shown] = await this.heads();
    if (answer !== 'VALID' || effect !== 'moved' || shown?.hash !== head.hash) {
      throw new Error(`to block ${head.number}: ${answer}, ${effect}, and shows ${shown?.number} ${shown?.hash}`);
    }
  }

  async heads(): Promise<(BlockRef | null)[]> {
    const { unsafe, safe, finalized } = await this.engine.heads(this.signal);
    return [unsafe, safe, finalized];
  }

  /** Where its profile asks for the wait. */
  async untilForgotten({ number, hash }: BlockRef): Promise<void> {
    if (!this.engine.profile.forgetsLate) return;
    if (!(await this.engine.forgets(hash, this.signal))) throw new Error(`block ${number} stays`);
  }

  /** Back to the head of the chain, from the highest block that it shows of it. */
  async climbFrom(number: number): Promise<void> {
    const { head } = this.branches;
    const [shown] = await this.heads();
    if (shown?.hash !== this.block(head).hash) await this.untilForgotten(this.block(number + 1));
    for (let next = number + 1; next <= head; next++) {
      const answer = await this.send(this.made(next).payload());
      if (answer !== 'VALID') throw new Error(`block ${next} on the way back: ${answer}`);
    }
    await this.moveTo(this.block(head));
  }
}

export function connect(el: RunningEl, options: Partial<EngineOptions>): Engine {
  const jwtSecret = Buffer.from(readFileSync(el.jwtSecretFile, 'utf8').trim(), 'hex');
  return createEngine({ url: el.engineUrl, jwtSecret, timeoutMs: 60_000, version: 'test', ...options });
}

function inShort(answer: EngineAnswer): string {
  if (answer.status === 'REJECTED') return `REJECTED ${answer.code}`;
  return answer.status === 'INVALID' ? `INVALID ${answer.reason}` : answer.status;
}
