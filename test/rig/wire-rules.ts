import { rpcClient } from '../../devnet/rpc.js';
import { toHash, toNumber, ZERO_HASH } from '../../src/util/hex.js';
import { isJsonObject, type JsonValue } from '../../src/util/json.js';
import type { SeenForkchoice, SeenPayload, WireLog } from './wire-log.js';

export interface WireRules {
  /** An RPC that knows the blocks of the log which no payload names. */
  readonly blocksUrl: string;
  /** The EL's head before the first write of the log: what is not above it needs no newPayload. */
  readonly startedAt: number;
  /** The EL came back lower: its head and labels start again from there, or its safe label alone (geth) from finalized. */
  readonly cameBackLower?: boolean;
}

/**
 * What every write to an EL must obey, whatever happens (reliability 4: I1 to I5). Returns the breaches; none is right.
 */
export async function wireBreaches(log: WireLog, rules: WireRules): Promise<readonly string[]> {
  const checker = new WireChecker(log, rules);
  return checker.check();
}

class WireChecker {
  readonly #breaches: string[] = [];
  readonly #numbers = new Map<JsonValue, number>([[ZERO_HASH, -1]]);
  readonly #valid = new Set<JsonValue>();
  #highest = { head: 0, safe: -1, finalized: -1 };

  constructor(
    private readonly log: WireLog,
    private readonly rules: WireRules,
  ) {}

  async check(): Promise<readonly string[]> {
    if (this.log.maxConcurrentWrites > 1) this.#breach(`${this.log.maxConcurrentWrites} writes at the same time`);
    const payloads = [...this.log.payloads];
    const forkchoices = [...this.log.forkchoices];
    for (const { hash, number } of payloads) this.#numbers.set(hash, Number(number));
    for (const { method } of this.log.writes) {
      const payload = isPayload(method) ? payloads.shift() : undefined;
      if (payload !== undefined) await this.#payload(payload);
      else await this.#forkchoice(forkchoices.shift());
    }
    return this.#breaches;
  }

  async #payload({ hash, parentHash, number, status }: SeenPayload): Promise<void> {
    const parentHeld = this.#valid.has(parentHash) || (await this.#number(parentHash)) <= this.rules.startedAt;
    if (!parentHeld) this.#breach(`payload ${Number(number)} was sent before its parent was VALID`);
    if (status === 'VALID') this.#valid.add(hash);
  }

  async #forkchoice(forkchoice: SeenForkchoice | undefined): Promise<void> {
    if (forkchoice === undefined) return this.#breach('a write that is neither newPayload nor forkchoiceUpdated');
    const head = await this.#number(forkchoice.head);
    const safe = await this.#number(forkchoice.safe);
    const finalized = await this.#number(forkchoice.finalized);
    const what = `forkchoice ${head}/${safe}/${finalized}`;
    if (head > this.rules.startedAt && !this.#valid.has(forkchoice.head)) this.#breach(`${what}: head was never VALID`);
    const lower = head < this.#highest.head;
    if (lower && this.rules.cameBackLower !== true) this.#breach(`${what}: head moves back`);
    if (lower && this.rules.cameBackLower === true) this.#highest = { head, safe, finalized };
    if (this.rules.cameBackLower === true) this.#highest.safe = Math.min(this.#highest.safe, safe);
    if (!(finalized <= safe && safe <= head)) this.#breach(`${what}: out of order`);
    if (head <= 0) this.#breach(`${what}: no head above genesis`);
    if (safe < 0 !== finalized < 0) this.#breach(`${what}: one label without the other`);
    if (finalized < this.#highest.finalized) this.#breach(`${what}: finalized moves back`);
    if (safe < this.#highest.safe) this.#breach(`${what}: safe moves back`);
    this.#highest = { head, safe, finalized };
  }

  async #number(hash: JsonValue): Promise<number> {
    const known = this.#numbers.get(hash);
    if (known !== undefined) return known;
    const block = await rpcClient(this.rules.blocksUrl).call('eth_getBlockByHash', [hash, false]);
    const number = isJsonObject(block) ? toNumber(block['number']) : undefined;
    if (number === undefined) throw new Error(`the EL does not know ${toHash(hash) ?? 'a block'} of a write`);
    this.#numbers.set(hash, number);
    return number;
  }

  #breach(what: string): void {
    this.#breaches.push(what);
  }
}

function isPayload(method: string): boolean {
  return method.startsWith('engine_newPayloadV');
}
