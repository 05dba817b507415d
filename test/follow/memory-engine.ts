import type { BlockRef, Heads } from '../../src/chain/block.js';
import type { Forkchoice } from '../../src/chain/forkchoice.js';
import {
  type AppliedForkchoice,
  type Engine,
  type EngineAnswer,
  type EngineIdentity,
  type EngineProfile,
  NOT_SYNCING,
  type EngineSyncing,
} from '../../src/engine/engine.js';
import { UNKNOWN_PROFILE } from '../../src/engine/profile.js';
import type { Payload } from '../../src/payload/payload.js';

type Applied = Pick<AppliedForkchoice, 'answer' | 'effect'>;

const VALID: EngineAnswer = { status: 'VALID' };

/**
 * An EL without execution: a payload whose parent is known is VALID, and a forkchoice moves to any known block, as
 * paris.md asks of an EL that has all the data. What a test puts into the scripts is answered instead, and changes
 * nothing.
 */
export class MemoryEngine implements Engine {
  readonly name = 'memory';
  hangUps = 0;
  profile: EngineProfile = UNKNOWN_PROFILE;
  headsNow: Heads;
  chainIdNow = 10;
  syncingNow: EngineSyncing = NOT_SYNCING;
  peersNow: number | null = null;
  canSetHeadNow = false;
  forgetsNow = true;
  /** Every state-changing call, in order: `np 3`, `fcu 3/2/1`, `fcu 3/-/-`, `sethead 3`. */
  readonly writes: string[] = [];
  /** The heights of the payloads that came in one call. */
  readonly batches: number[][] = [];
  /** Answers by the height of the payload or of the head, each used once. */
  readonly payloadAnswers = new Map<number, EngineAnswer>();
  readonly forkchoiceAnswers = new Map<number, Applied>();
  readonly setHeadAnswers = new Map<number, EngineAnswer>();
  /** Called at the start of every call; what it throws a read throws. */
  beforeCall: (call: string) => Promise<void> | void = () => undefined;
  readonly #genesis: BlockRef;
  readonly #known = new Map<string, BlockRef>();

  /** `chain`, genesis first, is known, and its last block is the head. */
  constructor(chain: readonly BlockRef[]) {
    this.#genesis = chain[0]!;
    for (const ref of chain) this.#known.set(ref.hash, ref);
    this.headsNow = { unsafe: chain.at(-1)!, safe: null, finalized: null };
  }

  async identify(): Promise<EngineIdentity> {
    await this.beforeCall('identify');
    const { chainIdNow: chainId } = this;
    return { chainId, genesis: this.#genesis, capabilities: [], clientVersion: null, clockSkewMs: null };
  }

  async head(): Promise<BlockRef> {
    await this.beforeCall('head');
    return this.headsNow.unsafe;
  }

  async heads(): Promise<Heads> {
    await this.beforeCall('heads');
    return this.headsNow;
  }

  async refAt(number: number): Promise<BlockRef | null> {
    await this.beforeCall(`ref ${number}`);
    return this.#canonical(number);
  }

  async syncing(): Promise<EngineSyncing> {
    await this.beforeCall('syncing');
    return this.syncingNow;
  }

  async peerCount(): Promise<number | null> {
    await this.beforeCall('peers');
    return this.peersNow;
  }

  async newPayload({ ref }: Payload): Promise<EngineAnswer> {
    this.writes.push(`np ${ref.number}`);
    await this.beforeCall(`np ${ref.number}`);
    const scripted = this.payloadAnswers.get(ref.number);
    if (scripted !== undefined) {
      this.payloadAnswers.delete(ref.number);
      return scripted;
    }
    if (!this.#known.has(ref.parentHash)) return { status: 'SYNCING' };
    this.#known.set(ref.hash, ref);
    return VALID;
  }

  /** All of them are carried out, also after one that failed (engines-measured 1.9). */
  async newPayloads(payloads: readonly Payload[]): Promise<readonly EngineAnswer[]> {
    this.batches.push(payloads.map(({ ref }) => ref.number));
    const answers: EngineAnswer[] = [];
    for (const payload of payloads) answers.push(await this.newPayload(payload));
    return answers;
  }

  async applyForkchoice({ head, labels }: Forkchoice): Promise<AppliedForkchoice> {
    const call = `fcu ${head.number}/${labels?.safe.number ?? '-'}/${labels?.finalized.number ?? '-'}`;
    this.writes.push(call);
    await this.beforeCall(call);
    const scripted = this.forkchoiceAnswers.get(head.number);
    if (scripted !== undefined) {
      this.forkchoiceAnswers.delete(head.number);
      return { ...scripted, heads: this.headsNow, foreignMove: null, attempts: 1 };
    }
    this.headsNow = { unsafe: head, safe: labels?.safe ?? null, finalized: labels?.finalized ?? null };
    return { effect: 'moved', answer: VALID, heads: this.headsNow, foreignMove: null, attempts: 1 };
  }

  async canSetHead(): Promise<boolean> {
    await this.beforeCall('can set head');
    return this.canSetHeadNow;
  }

  /** Safe becomes finalized, and both are unset where finalized was above (engines-measured 2.B). */
  async setHead(to: BlockRef): Promise<EngineAnswer> {
    this.writes.push(`sethead ${to.number}`);
    await this.beforeCall(`sethead ${to.number}`);
    const scripted = this.setHeadAnswers.get(to.number);
    if (scripted !== undefined) {
      this.setHeadAnswers.delete(to.number);
      return scripted;
    }
    const unsafe = this.#canonical(to.number);
    if (unsafe === null) return { status: 'REJECTED', code: -32000, reason: 'not allowed to rewind to a future block' };
    const { finalized } = this.headsNow;
    const left = finalized !== null && finalized.number <= to.number ? finalized : null;
    this.headsNow = { unsafe, safe: left, finalized: left };
    return VALID;
  }

  async forgets(hash: string): Promise<boolean> {
    await this.beforeCall(`forgets ${hash}`);
    return this.forgetsNow;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #canonical(number: number): BlockRef | null {
    let ref: BlockRef | undefined = this.headsNow.unsafe;
    while (ref !== undefined && ref.number > number) ref = this.#known.get(ref.parentHash);
    return ref?.number === number ? ref : null;
  }
}
