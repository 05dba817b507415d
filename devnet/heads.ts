import type { BlockRef, Heads } from '../src/chain/block.js';
import { toHash, toNumber } from '../src/util/hex.js';
import { isJsonObject, type JsonValue } from '../src/util/json.js';
import type { RpcClient } from './rpc.js';

/** The three labels of an EL in one batch; a label that the EL has not set is null. */
export async function readHeads(el: RpcClient): Promise<Heads> {
  const tags = ['latest', 'safe', 'finalized'];
  const outcomes = await el.batch(tags.map((tag) => ({ method: 'eth_getBlockByNumber', params: [tag, false] })));
  const [unsafe = null, safe = null, finalized = null] = outcomes.map((outcome) =>
    outcome.ok && outcome.result !== null ? blockRef(outcome.result) : null,
  );
  if (unsafe === null) throw new Error('the EL has no latest block');
  return { unsafe, safe, finalized };
}

/** The canonical block at a height, or null. */
export async function readRef(el: RpcClient, number: number): Promise<BlockRef | null> {
  const block = await el.call('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]);
  return block === null ? null : blockRef(block);
}

function blockRef(block: JsonValue): BlockRef {
  if (!isJsonObject(block)) throw new Error('the EL answered something that is not a block');
  const number = toNumber(block['number']);
  const hash = toHash(block['hash']);
  const parentHash = toHash(block['parentHash']);
  const timestamp = toNumber(block['timestamp']);
  if (number === undefined || hash === undefined || parentHash === undefined || timestamp === undefined) {
    throw new Error('the EL answered a block without number, hash, parent or timestamp');
  }
  return { number, hash, parentHash, timestamp };
}
