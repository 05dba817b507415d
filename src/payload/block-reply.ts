import { readReply, type Peer, type RpcOutcome } from '../util/envelope.js';
import { isJsonObject } from '../util/json.js';
import { blockHasher } from './choose-hasher.js';

/** The outcome of `eth_getBlockBy*` with whole transactions. */
export interface BlockReply {
  readonly outcome: RpcOutcome;
  /** The transactions as items of a block RLP, in hex text, where they were never parsed: the list in the block is empty. */
  readonly items: Buffer | null;
}

const LIST_START = '"transactions":[';
const BACKSLASH = 0x5c;

/**
 * Reads a reply without making values of the transactions in it, which are nearly all of it, where they are plain. Else
 * all of it is parsed.
 * @throws LockstepError as {@link readReply}
 */
export function readBlockReply(peer: Peer, body: Buffer, id: number): BlockReply {
  return withoutParsing(peer, body, id) ?? { outcome: readReply(peer, body, id), items: null };
}

function withoutParsing(peer: Peer, body: Buffer, id: number): BlockReply | null {
  const key = body.indexOf(LIST_START);
  if (key < 0 || body.includes(BACKSLASH)) return null;
  const start = key + LIST_START.length;
  const encoded = blockHasher().encodeTransactions(body, start);
  if (encoded === null) return null;
  const others = Buffer.concat([body.subarray(0, start), body.subarray(encoded.end)]);
  // Where nothing is escaped these characters are always a key. A second one would leave open of which object.
  if (others.includes(LIST_START, start)) return null;
  const outcome = readReply(peer, others, id);
  const block = outcome.ok ? outcome.result : null;
  const listed = isJsonObject(block) ? block['transactions'] : null;
  return Array.isArray(listed) && listed.length === 0 ? { outcome, items: encoded.items } : null;
}
