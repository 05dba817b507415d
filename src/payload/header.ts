import { LockstepError } from '../util/errors.js';
import { toNumber, type Hex } from '../util/hex.js';
import type { Span } from './rlp-scan.js';

/** How a header field is encoded: a string of exactly so many bytes, an integer of at most so many, or any bytes. */
export type FieldKind = { readonly fixed: number } | { readonly integer: number } | 'bytes';

const HASH: FieldKind = { fixed: 32 };
const UINT64: FieldKind = { integer: 8 };
const UINT256: FieldKind = { integer: 32 };

/** The fields every block has had since Frontier, in RLP order, by their names in the JSON-RPC. */
const BASE_FIELDS = [
  ['parentHash', HASH],
  ['sha3Uncles', HASH],
  ['miner', { fixed: 20 }],
  ['stateRoot', HASH],
  ['transactionsRoot', HASH],
  ['receiptsRoot', HASH],
  ['logsBloom', { fixed: 256 }],
  ['difficulty', UINT256],
  ['number', UINT64],
  ['gasLimit', UINT64],
  ['gasUsed', UINT64],
  ['timestamp', UINT64],
  ['extraData', 'bytes'],
  ['mixHash', HASH],
  ['nonce', { fixed: 8 }],
] as const satisfies readonly (readonly [string, FieldKind])[];

/** The fields that forks have appended, in RLP order: London, Shanghai, Cancun (3), Prague, Amsterdam (2). */
const FORK_FIELDS = [
  ['baseFeePerGas', UINT256],
  ['withdrawalsRoot', HASH],
  ['blobGasUsed', UINT64],
  ['excessBlobGas', UINT64],
  ['parentBeaconBlockRoot', HASH],
  ['requestsHash', HASH],
  ['blockAccessListHash', HASH],
  ['slotNumber', UINT64],
] as const satisfies readonly (readonly [string, FieldKind])[];

type BaseField = (typeof BASE_FIELDS)[number][0];
type ForkField = (typeof FORK_FIELDS)[number][0];

export const BASE_FIELD_COUNT = BASE_FIELDS.length;
export const HEADER_FIELDS: readonly (readonly [BaseField | ForkField, FieldKind])[] = [...BASE_FIELDS, ...FORK_FIELDS];

/** A block header as text: integers in QUANTITY form, everything else as DATA. */
export type Header = Readonly<Record<BaseField, Hex>> & Readonly<Partial<Record<ForkField, Hex>>>;

/** A header that the Engine API can carry has a base fee (London) and no proof of work. */
export type ReplayableHeader = Header & { readonly baseFeePerGas: Hex };

/**
 * Reads the fields of a header, in RLP order; fields beyond the known ones are left out.
 * @throws LockstepError BLOCK_MALFORMED when a field is missing, has a wrong length, or an integer is not canonical.
 */
export function readHeader(bytes: Buffer, fields: readonly Span[]): Header {
  const header: Partial<Record<BaseField | ForkField, Hex>> = {};
  HEADER_FIELDS.forEach(([name, kind], index) => {
    const field = fields[index];
    if (field !== undefined) header[name] = readField(bytes, field, name, kind);
    else if (index < BASE_FIELD_COUNT) throw malformedField(name, 'is missing');
  });
  return header as Header;
}

function readField(bytes: Buffer, { start, end }: Span, name: string, kind: FieldKind): Hex {
  const sizeBytes = end - start;
  if (kind === 'bytes') return `0x${bytes.toString('hex', start, end)}`;
  if ('fixed' in kind) {
    if (sizeBytes !== kind.fixed) throw malformedField(name, `has ${sizeBytes} bytes instead of ${kind.fixed}`);
    return `0x${bytes.toString('hex', start, end)}`;
  }
  if (sizeBytes > kind.integer || (sizeBytes > 0 && bytes[start] === 0)) {
    throw malformedField(name, `is not a canonical integer of at most ${kind.integer} bytes`);
  }
  return quantity(bytes, { start, end });
}

/** A canonical RLP integer in QUANTITY form. */
export function quantity(bytes: Buffer, { start, end }: Span): Hex {
  const digits = bytes.toString('hex', start, end);
  if (digits === '') return '0x0';
  return `0x${digits.startsWith('0') ? digits.slice(1) : digits}`;
}

/** A header field as a safe integer. */
export function integerField(header: Header, name: 'number' | 'timestamp'): number {
  const value = toNumber(header[name]);
  if (value === undefined) throw malformedField(name, `${header[name]} is not a safe integer`);
  return value;
}

const MAX_EXTRA_DATA_CHARS = 2 + 2 * 32;

/**
 * Refuses headers that were never made for the Engine API (pre-merge, pre-Bedrock).
 * @throws LockstepError BLOCK_NOT_REPLAYABLE
 */
export function requireReplayable(header: Header): ReplayableHeader {
  const { baseFeePerGas, difficulty, nonce, extraData } = header;
  if (difficulty !== '0x0') throw notReplayable(`difficulty is ${difficulty}`);
  if (nonce !== '0x0000000000000000') throw notReplayable(`nonce is ${nonce}`);
  if (extraData.length > MAX_EXTRA_DATA_CHARS) throw notReplayable('extraData has more than 32 bytes');
  if (baseFeePerGas === undefined) throw notReplayable('there is no baseFeePerGas');
  return { ...header, baseFeePerGas };
}

/** The first field of this list that a header has decides the version (engines.md 9: no fork schedule is needed). */
const VERSION_BY_FIELD = [
  ['slotNumber', 5],
  ['blockAccessListHash', 5],
  ['requestsHash', 4],
  ['parentBeaconBlockRoot', 3],
] as const satisfies readonly (readonly [ForkField, number])[];

/**
 * The N of engine_newPayloadVN that carries a block with this header. V2 takes blocks from before Shanghai as well
 * (execution-apis, engine/shanghai.md), and op-reth has no V1 (engines-measured 3.6).
 */
export function newPayloadVersion(header: Partial<Header>): 2 | 3 | 4 | 5 {
  return VERSION_BY_FIELD.find(([name]) => header[name] !== undefined)?.[1] ?? 2;
}

function malformedField(name: string, problem: string): LockstepError {
  return new LockstepError('BLOCK_MALFORMED', { detail: `header field ${name} ${problem}`, data: { field: name } });
}

function notReplayable(detail: string): LockstepError {
  return new LockstepError('BLOCK_NOT_REPLAYABLE', { detail });
}
