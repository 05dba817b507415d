import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import type { Lookup } from '../../src/source/source.js';
import type { JsonValue } from '../../src/util/json.js';
import type { HttpServer } from '../rig/http-server.js';

export const RAW = 'debug_getRawBlock';
export const BY_NUMBER = 'eth_getBlockByNumber';
export const BY_HASH = 'eth_getBlockByHash';

/** The raw block of a height: any bytes will do, as they are not looked at here. */
export const raw = (number: number): string => `0xc0ffee${number.toString(16).padStart(4, '0')}`;

export function numberOf(id: JsonValue | undefined): number {
  const value = Number(id);
  return value > 0x1000 ? value - 0x1000 : value;
}

export const isHash = (id: JsonValue | undefined): boolean => typeof id === 'string' && id.length === 66;

/** What a look-up found, in short. */
export function shown(found: Lookup<FetchedBlock>): string {
  if (found.kind !== 'found') return found.kind;
  const { value } = found;
  if (value.form !== 'rlp') return `${value.form} ${numberOf(value.block['number'])}`;
  return `0x${value.text.toString('latin1', value.start, value.end)}`;
}

/** The methods asked since the last look. */
export function asked(server: HttpServer): string[] {
  const { methods } = server;
  server.received.length = 0;
  return methods;
}
