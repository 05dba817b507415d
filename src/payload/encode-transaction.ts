import { LockstepError, remoteText } from '../util/errors.js';
import { toNumber } from '../util/hex.js';
import type { JsonFields } from './json-fields.js';
import { EMPTY_STRING, rlpList, rlpString } from './rlp-encode.js';

const ADDRESS_BYTES = 20;
const HASH_BYTES = 32;
const DEPOSIT = 0x7e;
const UNREADABLE = -1;

/**
 * The item of a transaction in a block RLP, as hex digits: the list of a legacy transaction, or the string that holds
 * `type || rlp` (EIP-2718). The JSON is that of `eth_getBlockBy*`, with all its known variants (engines.md 12).
 * @throws LockstepError BLOCK_UNKNOWN_TRANSACTION for a type that is not encoded here: nothing is guessed.
 * @throws LockstepError BLOCK_MALFORMED when a field is missing or has the wrong form.
 */
export function encodeTransaction(tx: JsonFields): string {
  switch (transactionType(tx)) {
    case 0:
      return rlpList(encodeLegacy(tx));
    case 1:
      return typed('01', encodeAccessListTransaction(tx));
    case 2:
      return typed('02', encodeDynamicFee(tx) + signature(tx));
    case 3:
      return typed('03', encodeDynamicFee(tx) + encodeBlobFields(tx) + signature(tx));
    case 4:
      return typed('04', encodeDynamicFee(tx) + encodeAuthorizations(tx) + signature(tx));
    case DEPOSIT:
      return typed('7e', encodeDeposit(tx));
    default:
      throw unknownType(tx);
  }
}

/** Nodes from before EIP-2718 have no type. */
function transactionType(tx: JsonFields): number {
  return tx.has('type') ? (toNumber(tx.get('type')) ?? UNREADABLE) : 0;
}

function unknownType(tx: JsonFields): LockstepError {
  const type = tx.get('type');
  if (typeof type !== 'string') return tx.wrong('type', 'an integer in hex');
  return new LockstepError('BLOCK_UNKNOWN_TRANSACTION', {
    detail: `transaction ${tx.index} has type ${remoteText(type)}`,
    data: { type: remoteText(type), position: tx.index },
  });
}

function typed(type: string, fields: string): string {
  return rlpString(type + rlpList(fields));
}

/** `v` is taken as served: 27 or 28, with the chain id (EIP-155), or what a chain of its own kind has there. */
function encodeLegacy(tx: JsonFields): string {
  return (
    tx.integer('nonce') +
    tx.integer('gasPrice') +
    tx.integer('gas') +
    target(tx) +
    tx.integer('value') +
    tx.bytes('input') +
    tx.integer('v') +
    tx.integer('r') +
    tx.integer('s')
  );
}

function encodeAccessListTransaction(tx: JsonFields): string {
  return (
    tx.integer('chainId') +
    tx.integer('nonce') +
    tx.integer('gasPrice') +
    tx.integer('gas') +
    target(tx) +
    tx.integer('value') +
    tx.bytes('input') +
    encodeAccessList(tx) +
    signature(tx)
  );
}

/** What types 2, 3 and 4 begin with. `gasPrice` of a mined one is the effective price and no part of it. */
function encodeDynamicFee(tx: JsonFields): string {
  return (
    tx.integer('chainId') +
    tx.integer('nonce') +
    tx.integer('maxPriorityFeePerGas') +
    tx.integer('maxFeePerGas') +
    tx.integer('gas') +
    target(tx) +
    tx.integer('value') +
    tx.bytes('input') +
    encodeAccessList(tx)
  );
}

function encodeBlobFields(tx: JsonFields): string {
  return tx.integer('maxFeePerBlobGas') + rlpList(tx.hashes('blobVersionedHashes'));
}

/**
 * An authorization may hold any yParity: one that is out of range is skipped when it is executed (EIP-7702). The list is
 * never empty there, so where it is absent the node leaves it out of its JSON, as ethereumjs does.
 */
function encodeAuthorizations(tx: JsonFields): string {
  if (!tx.has('authorizationList')) {
    const detail = `transaction ${tx.index} of type 0x4 is served without its authorizationList`;
    throw new LockstepError('BLOCK_UNKNOWN_TRANSACTION', { detail, data: { type: '0x4', position: tx.index } });
  }
  let items = '';
  for (const tuple of tx.objects('authorizationList', `authorization of transaction ${tx.index}:`)) {
    items += rlpList(
      tuple.integer('chainId') +
        tuple.fixed('address', ADDRESS_BYTES) +
        tuple.integer('nonce') +
        tuple.integer('yParity') +
        tuple.integer('r') +
        tuple.integer('s'),
    );
  }
  return rlpList(items);
}

/** The JSON of a deposit also carries a nonce, a signature and a gas price, which are made up by the node. */
function encodeDeposit(tx: JsonFields): string {
  return (
    tx.fixed('sourceHash', HASH_BYTES) +
    tx.fixed('from', ADDRESS_BYTES) +
    target(tx) +
    tx.integerOrZero('mint') +
    tx.integer('value') +
    tx.integer('gas') +
    tx.flag('isSystemTx') +
    tx.bytes('input')
  );
}

/** `to`, or the empty string of a contract creation. */
function target(tx: JsonFields): string {
  return tx.fixedOrEmpty('to', ADDRESS_BYTES);
}

function encodeAccessList(tx: JsonFields): string {
  let items = '';
  for (const entry of tx.objects('accessList', `access of transaction ${tx.index}:`)) {
    items += rlpList(entry.fixed('address', ADDRESS_BYTES) + rlpList(entry.hashes('storageKeys')));
  }
  return rlpList(items);
}

function signature(tx: JsonFields): string {
  return parity(tx) + tx.integer('r') + tx.integer('s');
}

/** Old nodes serve no yParity, and `v` either as the parity itself or as 27 + parity or 35 + 2 * chainId + parity. */
function parity(tx: JsonFields): string {
  const name = tx.has('yParity') ? 'yParity' : 'v';
  const value = toNumber(tx.get(name));
  if (value === 0 || value === 1) return value === 0 ? EMPTY_STRING : '01';
  if (name === 'yParity' || value === undefined || value < 27) throw tx.wrong(name, 'a signature parity');
  return value % 2 === 1 ? EMPTY_STRING : '01';
}
