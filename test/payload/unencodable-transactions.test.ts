import { describe, expect, it } from '@jest/globals';
import { ZeroAddress, ZeroHash } from 'ethers/constants';
import type { JsonObject } from '../../src/util/json.js';
import { expectRefusal } from './refusal.js';
import { encode } from './served-transaction.js';
import { VECTORS } from './vectors.js';

describe('a transaction that cannot be encoded', () => {
  const sample = (type: string): JsonObject => {
    const found = VECTORS.flatMap(({ rpcBlock }) => rpcBlock.transactions).find((tx) => tx['type'] === type);
    return found!;
  };

  it.each(['0x5', '0x64', '0x6a', '0x71', '0x7b', '0xff', '0x02', '', 'two'])(
    'is refused for the type %j, by name',
    (type) => {
      const refusal = expectRefusal(() => encode({ ...sample('0x2'), type }), 'BLOCK_UNKNOWN_TRANSACTION');
      expect(refusal.data).toEqual({ type, position: 5 });
      expect(refusal.message).toContain(`transaction 5 has type ${type}`);
    },
  );

  it.each([2, true, [], {}])('is refused for the type %j, which is no hex text', (type) => {
    expectRefusal(() => encode({ ...sample('0x2'), type }), 'BLOCK_MALFORMED');
  });

  it.each([
    ['0x0', ['nonce', 'gasPrice', 'gas', 'value', 'input', 'v', 'r', 's']],
    ['0x1', ['chainId', 'nonce', 'gasPrice', 'gas', 'value', 'input', 'r', 's']],
    ['0x2', ['chainId', 'nonce', 'maxFeePerGas', 'maxPriorityFeePerGas', 'gas', 'value', 'input', 'r', 's']],
    ['0x3', ['maxFeePerBlobGas']],
    ['0x7e', ['sourceHash', 'from', 'value', 'gas', 'input']],
  ])('is refused, with the name of the field, where type %s lacks one', (type, names) => {
    for (const name of names) {
      const refusal = expectRefusal(() => encode({ ...sample(type), [name]: null }), 'BLOCK_MALFORMED');
      expect(refusal.data).toEqual({ field: name, position: 5 });
      expect(refusal.message).toContain(`${name} of transaction 5 is missing`);
    }
  });

  it.each(['0x2', '0x1a', '0x20000000000000', 'x', ''])('is refused for the parity %j', (parity) => {
    const { yParity: _, v: __, ...unsigned } = sample('0x2');
    expectRefusal(() => encode({ ...unsigned, yParity: parity }), 'BLOCK_MALFORMED');
    expectRefusal(() => encode({ ...unsigned, v: parity }), 'BLOCK_MALFORMED');
  });

  it.each([
    ['to', '0x1234'],
    ['to', ''],
    ['input', '0x123'],
    ['input', '1234'],
    ['value', '0x'],
    ['value', `0x1${'00'.repeat(32)}`],
    ['value', 5],
    ['accessList', {}],
    ['accessList', ['0x']],
    ['accessList', [{ address: ZeroHash, storageKeys: [] }]],
    ['accessList', [{ address: ZeroAddress, storageKeys: ['0x01'] }]],
    ['accessList', [{ address: ZeroAddress, storageKeys: [7] }]],
    ['authorizationList', [null]],
    ['authorizationList', [{ address: ZeroAddress, chainId: '0x1', nonce: '0x1', r: '0x1', s: '0x1' }]],
  ])('is refused where %s is %j', (name, value) => {
    expectRefusal(() => encode({ ...sample('0x4'), [name]: value }), 'BLOCK_MALFORMED');
  });
});
