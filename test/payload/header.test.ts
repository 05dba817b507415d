import { describe, expect, it } from '@jest/globals';
import { HEADER_FIELDS, newPayloadVersion, type Header } from '../../src/payload/header.js';
import { fromV2, VECTORS } from './vectors.js';

const VALUE = '0x1' as const;
const header = (names: readonly string[]): Partial<Header> => Object.fromEntries(names.map((name) => [name, VALUE]));

describe('the newPayload version of a header', () => {
  it.each([
    [15, 2],
    [16, 2],
    [17, 2],
    [20, 3],
    [21, 4],
    [22, 5],
    [23, 5],
  ])('with %d fields is %d', (count, version) => {
    expect(newPayloadVersion(header(HEADER_FIELDS.slice(0, count).map(([name]) => name)))).toBe(version);
  });

  it('is decided by the newest field', () => {
    expect(newPayloadVersion(header(['slotNumber']))).toBe(5);
    expect(newPayloadVersion(header(['blockAccessListHash', 'requestsHash']))).toBe(5);
    expect(newPayloadVersion(header(['requestsHash', 'parentBeaconBlockRoot']))).toBe(4);
  });

  it('is that of every call that a client accepted', () => {
    for (const { rpcBlock, method } of VECTORS) {
      expect(`engine_newPayloadV${newPayloadVersion(header(Object.keys(rpcBlock)))}`).toBe(fromV2(method));
    }
  });
});
