import { describe, expect, it } from '@jest/globals';
import { encodeRlp } from 'ethers/utils';
import { expectRefusal } from './refusal.js';
import { encode, itemOf } from './served-transaction.js';

describe('the encoding of a deposit', () => {
  const deposit = {
    type: '0x7e',
    sourceHash: `0x${'a7'.repeat(32)}`,
    from: `0x${'d0'.repeat(20)}`,
    to: `0x${'42'.repeat(20)}`,
    mint: '0xde0b6b3a7640000',
    value: '0x1',
    gas: '0xf4240',
    isSystemTx: false,
    input: '0x015d8eb9',
    nonce: '0x9',
    gasPrice: '0x0',
    v: '0x0',
    r: '0x0',
    s: '0x0',
    depositReceiptVersion: '0x1',
  };

  function expected(change: { to?: string; mint?: string; isSystemTx?: string } = {}): string {
    const { to = deposit.to, mint = '0x0de0b6b3a7640000', isSystemTx = '0x' } = change;
    const own = [deposit.sourceHash, deposit.from, to, mint, '0x01', '0x0f4240', isSystemTx, deposit.input];
    return itemOf(`0x7e${encodeRlp(own).slice(2)}`);
  }

  it('holds none of the members that nodes make up', () => {
    expect(encode(deposit)).toBe(expected());
  });

  it.each([null, undefined, '0x0', '0x00'])('has an empty mint for %j', (mint) => {
    expect(encode({ ...deposit, ...(mint !== undefined ? { mint } : { mint: null }) })).toBe(expected({ mint: '0x' }));
  });

  it('has an empty target for a creation', () => {
    expect(encode({ ...deposit, to: null })).toBe(expected({ to: '0x' }));
  });

  it('is a system transaction only where that is said', () => {
    const { isSystemTx: _, ...silent } = deposit;
    expect(encode({ ...deposit, isSystemTx: true })).toBe(expected({ isSystemTx: '0x01' }));
    expect(encode(silent)).toBe(expected());
  });

  it('is refused where isSystemTx is no boolean', () => {
    expectRefusal(() => encode({ ...deposit, isSystemTx: '0x1' }), 'BLOCK_MALFORMED');
  });
});
