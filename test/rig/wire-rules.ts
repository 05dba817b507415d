import { ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import { rpcClient } from '../../devnet/rpc.js';
import { isCopyOf, WireBlocks, type WireRef } from './wire-blocks.js';
import {
  asForkchoice,
  asPayload,
  isForkchoice,
  isPayload,
  isWrite,
  type WireCall,
  type WireLog,
} from '../../devnet/proxy/wire-log.js';

export interface WireRules {
  /** An RPC that knows the blocks of the log which no payload names. */
  readonly blocksUrl: string;
  /** Where the two sides may be on different branches; without it the head of the EL only ever goes up. */
  readonly recovery?: {
    readonly sourceUrl: string;
    /** The EL behind the log, which alone knows its private branch. */
    readonly ownUrl: string;
    /** Blocks that the source had, also where it has dropped them. */
    readonly made: ReadonlySet<JsonValue>;
  };
}

/** A failing write is repeated at a growing distance; more often than this within a second is a hot loop (I18). */
const MAX_REPEATS_PER_SECOND = 15;

/**
 * What every write to an EL must obey, whatever happens: the invariants of reliability 4 that show at the wire, each
 * breach with its name. Returns the breaches; none is right.
 */
export async function wireBreaches(log: WireLog, rules: WireRules): Promise<readonly string[]> {
  const checker = new WireChecker(log, rules);
  return checker.check();
}

class WireChecker {
  readonly #breaches: string[] = [];
  readonly #blocks: WireBlocks;
  /** What the EL holds for sure: what it called VALID, and what it showed. */
  readonly #held = new Set<JsonValue>();
  readonly #invalid = new Map<JsonValue, number>();
  /** Copied siblings: they stand in for a block of the source for a moment. */
  readonly #copies = new Set<JsonValue>();
  #session = 1;
  /** Sessions of the EL as they can be seen (I3): it started anew, or came down without having been sent there. */
  #epoch = 1;
  /** What the EL showed at a height since its head was moved. */
  readonly #shownAt = new Map<number, JsonValue>();
  /** Heads that were sent since the EL was looked at. */
  readonly #sent = new Set<JsonValue>();
  /** What the EL showed last, or took with a forkchoice. */
  #latest: WireRef | null = null;
  #safe: JsonValue = null;
  #finalized: JsonValue = null;
  /** The highest finalized block that was canonical, and the epoch in which it was: nothing moves below it. */
  #fence: JsonValue = null;
  #fenceEpoch = 0;
  #lastWrite: WireCall | null = null;
  #looked = true;
  #repeats: { text: string; times: number[] } = { text: '', times: [] };

  constructor(
    private readonly log: WireLog,
    private readonly rules: WireRules,
  ) {
    const { blocksUrl, recovery } = rules;
    this.#blocks = new WireBlocks(blocksUrl, ...(recovery === undefined ? [] : [recovery.sourceUrl, recovery.ownUrl]));
  }

  async check(): Promise<readonly string[]> {
    const { maxConcurrentWrites, calls } = this.log;
    if (maxConcurrentWrites > 1) this.#breach('I5', `${maxConcurrentWrites} writes at the same time`);
    for (const call of calls) {
      this.#meet(call.session);
      if (!isWrite(call)) {
        await this.#look(call);
        continue;
      }
      this.#pace(call);
      if (isPayload(call)) await this.#payload(call);
      else if (isForkchoice(call)) await this.#forkchoice(call);
      else await this.#setHead(call);
      this.#lastWrite = call;
      this.#looked = false;
      if (!isPayload(call)) this.#shownAt.clear();
    }
    return this.#breaches;
  }

  /** An EL that started anew may have lost what it called VALID, and no longer knows what it called INVALID. */
  #meet(session: number): void {
    if (session === this.#session) return;
    this.#session = session;
    this.#epoch += 1;
    this.#held.clear();
    this.#invalid.clear();
  }

  async #look({ method, params, answer }: WireCall): Promise<void> {
    this.#looked = true;
    if (method !== 'eth_getBlockByNumber' || answer === undefined) return;
    const block = this.#blocks.learn(answer.result);
    if (params[0] === 'safe') this.#safe = block?.hash ?? null;
    else if (params[0] === 'finalized') await this.#showFinalized(block);
    else if (block !== null) {
      if (params[0] === 'latest') this.#showHead(block);
      else this.#shownAt.set(block.number, block.hash);
      this.#held.add(block.hash);
    }
  }

  #showHead(block: WireRef): void {
    const cameDown = this.#latest !== null && block.number < this.#latest.number && !this.#sent.has(block.hash);
    // What it holds is known all the same: this log knows its real starts.
    if (cameDown) this.#epoch += 1;
    if (block.hash !== this.#latest?.hash) this.#shownAt.clear();
    this.#latest = block;
    this.#sent.clear();
  }

  async #showFinalized(block: WireRef | null): Promise<void> {
    this.#finalized = block?.hash ?? null;
    if (block !== null && this.#latest !== null && (await this.#blocks.isOnBranch(block.hash, this.#latest.hash))) {
      await this.#raiseFence(block.hash);
    }
  }

  async #raiseFence(hash: JsonValue): Promise<void> {
    if (this.#fence !== null && !(await this.#blocks.isOnBranch(this.#fence, hash))) return;
    [this.#fence, this.#fenceEpoch] = [hash, this.#epoch];
  }

  /** I16, I17, I18: what is sent after a failure, and how often. */
  #pace(call: WireCall): void {
    const text = JSON.stringify([call.method, call.params]);
    const before = this.#lastWrite;
    if (before !== null && before.life === call.life && before.exchange !== call.exchange && !this.#looked) {
      if (before.delivered !== true)
        this.#breach('I17', `${call.method} right after a ${before.method} without answer`);
      const refused = before.answer?.error !== undefined;
      if (refused && text === JSON.stringify([before.method, before.params])) {
        this.#breach('I16', `${call.method} repeats what was just refused`);
      }
    }
    if (text !== this.#repeats.text) this.#repeats = { text, times: [] };
    const times = [...this.#repeats.times.filter((atMs) => call.atMs - atMs < 1_000), call.atMs];
    this.#repeats = { text, times };
    if (times.length === MAX_REPEATS_PER_SECOND + 1) this.#breach('I18', `${call.method} over and over`);
  }

  async #payload(call: WireCall): Promise<void> {
    const { hash, parentHash, number, status } = asPayload(call);
    const what = `payload ${Number(number)}`;
    this.#blocks.learn(call.params[0]);
    const together = this.#lastWrite?.exchange === call.exchange;
    if (!together && !this.#justHeld(call, parentHash) && !(await this.#holds(parentHash)))
      this.#breach('I6', `${what} was sent before its parent was VALID`);
    if (!together && this.#invalid.has(parentHash)) this.#breach('I15', `${what} builds on an INVALID block`);
    if (this.rules.recovery !== undefined && !(await this.#isOfSource(hash)) && !(await this.#isCopy(call))) {
      this.#breach('I6', `${what} is not a block of the source`);
    }
    if (status === 'VALID') this.#held.add(hash);
    if (status !== 'INVALID') return;
    const refusals = (this.#invalid.get(hash) ?? 0) + 1;
    this.#invalid.set(hash, refusals);
    if (refusals > 2) this.#breach('I15', `${what} was sent ${refusals} times although it is INVALID`);
  }

  async #forkchoice(call: WireCall): Promise<void> {
    const { head: hash, safe, finalized, status } = asForkchoice(call);
    const head = await this.#blocks.ref(hash);
    const what = `forkchoice ${head?.number ?? 'unknown'}`;
    if (head === null || head.number === 0) return this.#breach('I4', `${what}: no head above genesis`);
    if (!this.#justHeld(call, hash) && !(await this.#holds(hash))) this.#breach('I3', `${what}: head was never VALID`);
    this.#sent.add(hash);
    if (hash !== this.#latest?.hash) await this.#move(head, what);
    await this.#labels(hash, safe, finalized, what);
    if (status !== 'VALID' || finalized === ZERO_HASH) return;
    [this.#safe, this.#finalized] = [safe, finalized];
    await this.#raiseFence(finalized);
  }

  /** I8, I9: where a head may go. */
  async #move(head: WireRef, what: string): Promise<void> {
    const latest = this.#latest;
    if (latest === null) return;
    const up = await this.#blocks.isOnBranch(latest.hash, head.hash);
    if (up === false && this.rules.recovery === undefined)
      this.#breach('I9', `${what}: the head moves back, or to a branch`);
    const down = await this.#blocks.isOnBranch(head.hash, latest.hash);
    const known = up === true || down === true || this.#copies.has(head.hash) || (await this.#isOfSource(head.hash));
    if (!known) this.#breach('I9', `${what}: a branch that is not the source's`);
    const fence = this.#fence === null ? null : await this.#blocks.ref(this.#fence);
    if (fence === null || (await this.#blocks.isOnBranch(fence.hash, head.hash)) !== false) return;
    // An EL that lost its chain below the fence is brought up again, by a copy of its next block and then that block if need be.
    const from = this.#copies.has(latest.hash) ? latest.parentHash : latest.hash;
    const climbs = latest.number < fence.number && (up === true || head.parentHash === from);
    if (climbs || (await this.#leadsBack(head, latest, fence))) return;
    this.#breach('I8', `${what}: below the fence ${fence.number}`);
  }

  /** An EL that came down below what was final, and is on another branch, gets onto the chain of it again. */
  async #leadsBack(head: WireRef, latest: WireRef, fence: WireRef): Promise<boolean> {
    if (this.#epoch === this.#fenceEpoch) return false;
    // The blocks of a branch may be gone for good, and with them what links it.
    const shown = this.#shownAt.get(fence.number) ?? fence.hash;
    const isLost = shown !== fence.hash || (await this.#blocks.isOnBranch(fence.hash, latest.hash)) === false;
    return isLost && (await this.#blocks.isOnBranch(head.hash, fence.hash)) === true;
  }

  /** I1, I2, I4, I10, I12 */
  async #labels(head: JsonValue, safe: JsonValue, finalized: JsonValue, what: string): Promise<void> {
    const [noSafe, noFinalized] = [safe === ZERO_HASH, finalized === ZERO_HASH];
    if (noSafe !== noFinalized) return this.#breach('I4', `${what}: one label without the other`);
    if (noSafe) {
      const shown = this.#finalized !== null && (await this.#blocks.isOnBranch(this.#finalized, head));
      const genesis = (await this.#blocks.ref(this.#finalized))?.number === 0;
      if (shown && !genesis) this.#breach('I4', `${what}: without the labels that the EL has`);
      return;
    }
    if ((await this.#blocks.isOnBranch(safe, head)) === false) this.#breach('I2', `${what}: safe is not below head`);
    if ((await this.#blocks.isOnBranch(finalized, safe)) === false) {
      this.#breach('I2', `${what}: finalized is not below safe`);
    }
    await this.#neverBack('finalized', this.#finalized, finalized, head, what);
    await this.#neverBack('safe', this.#safe, safe, head, what);
  }

  async #neverBack(label: string, was: JsonValue, is: JsonValue, head: JsonValue, what: string): Promise<void> {
    if (was === null || was === is || (await this.#blocks.isOnBranch(was, head)) !== true) return;
    // The EL's own safe may be one that the source never had.
    if (label === 'safe' && !(await this.#isOfSource(was))) return;
    if (await this.#blocks.isOnBranch(is, was)) this.#breach('I1', `${what}: ${label} moves back`);
  }

  async #setHead(call: WireCall): Promise<void> {
    const to = Number(call.params[0]);
    const fence = this.#fence === null ? null : await this.#blocks.ref(this.#fence);
    if (this.rules.recovery === undefined) this.#breach('I9', `debug_setHead ${to}`);
    const [latest, shown] = [this.#latest, this.#shownAt.get(to)];
    const aim = shown === undefined ? null : await this.#blocks.ref(shown);
    const isKnown = fence !== null && latest !== null && aim !== null;
    const leadsBack = isKnown && (await this.#leadsBack(aim, latest, fence));
    if (fence !== null && to < fence.number && !leadsBack)
      this.#breach('I8', `debug_setHead ${to}: below the fence ${fence.number}`);
    this.#latest = null;
  }

  async #holds(hash: JsonValue): Promise<boolean> {
    if (this.#held.has(hash)) return true;
    return this.#latest !== null && (await this.#blocks.isOnBranch(hash, this.#latest.hash)) !== false;
  }

  /**
   * It was VALID in the answer right before, and nothing could tell since then that the EL is another process by now: the
   * session of I3 ends where that can be seen.
   */
  #justHeld({ life, session }: WireCall, hash: JsonValue): boolean {
    const before = this.#lastWrite;
    if (before === null || this.#looked || !isPayload(before) || before.delivered !== true) return false;
    const payload = asPayload(before);
    const inTheDark = before.life === life && before.session !== session;
    return inTheDark && payload.status === 'VALID' && payload.hash === hash;
  }

  async #isOfSource(hash: JsonValue): Promise<boolean> {
    const { recovery } = this.rules;
    if (recovery === undefined || recovery.made.has(hash)) return true;
    return (await rpcClient(recovery.sourceUrl).call('eth_getBlockByHash', [hash, false])) !== null;
  }

  /** A copied sibling: the source's block in all but extraData, or that of another payload. */
  async #isCopy({ params: [payload] }: WireCall): Promise<boolean> {
    const { recovery } = this.rules;
    if (recovery === undefined || !isJsonObject(payload)) return false;
    const number = payload['blockNumber'] ?? null;
    const block = await rpcClient(recovery.sourceUrl).call('eth_getBlockByNumber', [number, false]);
    const copy = isJsonObject(block) && isCopyOf(payload, block);
    if (copy) this.#copies.add(payload['blockHash'] ?? null);
    return copy;
  }

  #breach(invariant: string, what: string): void {
    this.#breaches.push(`${invariant} ${what}`);
  }
}
