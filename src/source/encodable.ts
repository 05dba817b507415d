import { isJsonObject, type JsonObject, type JsonValue } from '../util/json.js';

/** Legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702, and the OP Stack deposit. Before EIP-2718 there was no type field. */
const ENCODABLE_TYPES: ReadonlySet<JsonValue> = new Set(['0x0', '0x1', '0x2', '0x3', '0x4', '0x7e']);

/**
 * True when every transaction of a JSON block is there as a whole, of a type whose encoding is known, and with the
 * fields that ethereumjs leaves out (the authorizations of EIP-7702). A look, not a check: the block is verified later.
 */
export function isEncodable(block: JsonObject): boolean {
  const { transactions } = block;
  return Array.isArray(transactions) && transactions.every(isEncodableTransaction);
}

function isEncodableTransaction(transaction: JsonValue): boolean {
  if (!isJsonObject(transaction)) return false;
  const type = transaction['type'] ?? '0x0';
  return ENCODABLE_TYPES.has(type) && (type !== '0x4' || Array.isArray(transaction['authorizationList']));
}
