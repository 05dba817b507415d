import { rpcClient } from '../../devnet/rpc.js';
import { toHash, toNumber } from '../../src/util/hex.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';

export interface WireRef {
  readonly hash: JsonValue;
  readonly number: number;
  readonly parentHash: JsonValue;
}

/** The blocks that a log of the wire is about, with what links them. One that it does not show is asked for. */
export class WireBlocks {
  readonly #refs = new Map<JsonValue, WireRef | null>();
  readonly #urls: readonly string[];

  constructor(...urls: readonly string[]) {
    this.#urls = urls;
  }

  /** Takes a block as eth_getBlockBy* answers it, or a payload. Null where it is neither. */
  learn(block: JsonValue | undefined): WireRef | null {
    if (!isJsonObject(block)) return null;
    const hash = toHash(block['hash'] ?? block['blockHash']);
    const number = toNumber(block['number'] ?? block['blockNumber']);
    const parentHash = toHash(block['parentHash']);
    if (hash === undefined || number === undefined || parentHash === undefined) return null;
    const ref = { hash, number, parentHash };
    this.#refs.set(hash, ref);
    return ref;
  }

  /** Null where nobody knows the block (any more). */
  async ref(hash: JsonValue): Promise<WireRef | null> {
    const known = this.#refs.get(hash);
    if (known !== undefined) return known;
    for (const url of this.#urls) {
      const ref = this.learn(await blockAt(url, hash));
      if (ref !== null) return ref;
    }
    this.#refs.set(hash, null);
    return null;
  }

  /** Whether `a` is `b` or one of its ancestors; null where nobody knows the way between them any more. */
  async isOnBranch(a: JsonValue, b: JsonValue): Promise<boolean | null> {
    const target = await this.ref(a);
    let at = await this.ref(b);
    if (target === null) return null;
    while (at !== null && at.number > target.number) at = await this.ref(at.parentHash);
    return at === null ? null : at.hash === target.hash;
  }
}

async function blockAt(url: string, hash: JsonValue): Promise<JsonValue> {
  const [outcome] = await rpcClient(url).batch([{ method: 'eth_getBlockByHash', params: [hash, false] }]);
  return outcome?.ok === true ? outcome.result : null;
}

/** Whether a payload differs from another block by its extraData alone: what a copied sibling is. */
export function isCopyOf(payload: JsonObject, block: JsonObject): boolean {
  const same = (ours: string, theirs = ours): boolean => payload[ours] === block[theirs];
  return (
    same('parentHash') &&
    same('stateRoot') &&
    same('receiptsRoot') &&
    same('timestamp') &&
    same('prevRandao', 'mixHash')
  );
}
