import type { FetchedBlock } from '../chain/fetched-block.js';
import { toNumber } from '../util/hex.js';
import { isJsonObject, type JsonValue } from '../util/json.js';
import type { RpcOutcome } from '../util/rpc.js';
import { isEncodable } from './encodable.js';

const PREFIX = '0x';

/** The block in the answer to one call of a batch; null where it takes a question of its own to know more. */
export function blockOf(outcome: RpcOutcome | undefined, number: number): FetchedBlock | null {
  if (outcome?.ok !== true) return null;
  return typeof outcome.result === 'string' ? rawBlock(outcome.result) : jsonBlock(outcome.result, number);
}

/** Geth answers an unknown height with empty bytes (engines-measured 2.F). */
function rawBlock(hex: string): FetchedBlock | null {
  if (!hex.startsWith(PREFIX) || hex.length === PREFIX.length || hex.length % 2 !== 0) return null;
  const text = Buffer.from(hex, 'latin1');
  return { form: 'rlp', text, start: PREFIX.length, end: text.length };
}

function jsonBlock(block: JsonValue, number: number): FetchedBlock | null {
  if (!isJsonObject(block) || toNumber(block['number']) !== number || !isEncodable(block)) return null;
  return { form: 'json', block };
}
