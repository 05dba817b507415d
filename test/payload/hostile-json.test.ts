import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from './both-hashers.js';
import { LockstepError } from '../../src/util/errors.js';
import type { Hex } from '../../src/util/hex.js';
import type { JsonObject, JsonValue } from '../../src/util/json.js';
import { expectRefusal, refusalOf } from './refusal.js';
import { partsForm, vectorOf } from './vectors.js';

const prague = vectorOf('prague');
const [transaction, ...otherTransactions] = prague.rpcBlock.transactions;

function refused(block: JsonObject): LockstepError {
  return refusalOf(() => verifyBlock({ form: 'json', block }, {}));
}

beforeAll(initKeccak);

describe('hostile JSON for a block', () => {
  it.each([{}, { hash: prague.hash }, { transactions: [] }, { ...prague.rpcBlock, transactions: null }])(
    'is refused as %#: parts of it are missing',
    (block) => {
      expect(refused(block).code).toMatch(/^BLOCK_/);
    },
  );

  it('is judged the same with __proto__, constructor and doubled keys', () => {
    const text = JSON.stringify(prague.rpcBlock);
    const withKeys = `{"__proto__":{"nonce":"0x1","gas":7},"constructor":null,"toString":5,"hash":"0x00",${text.slice(1)}`;
    const block = JSON.parse(withKeys) as JsonObject;
    expect(verifyBlock({ form: 'json', block }, {}).ref.hash).toBe(prague.hash);
    expect(Object.hasOwn(Object.prototype, 'nonce')).toBe(false);
  });

  it('does not read fields from __proto__', () => {
    const { number, ...others } = prague.rpcBlock;
    const text = `{"__proto__":{"number":${JSON.stringify(number)}},${JSON.stringify(others).slice(1)}`;
    const block = JSON.parse(text) as JsonObject;
    expect(refused(block).data).toMatchObject({ field: 'number' });
  });

  it.each(['1e400', '-0', '9007199254740993', '[[[[[]]]]]', '{"a":{"b":{}}}', 'true', '""', '"0x"', '"0x00zz"'])(
    'is refused with %s for a number',
    (text) => {
      const block = { ...prague.rpcBlock, gasUsed: JSON.parse(text) as JsonValue };
      expect(refused(block).code).toBe('BLOCK_MALFORMED');
    },
  );

  it('is refused with arrays nested a hundred thousand deep', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as JsonValue;
    expect(refused({ ...prague.rpcBlock, number: deep }).code).toBe('BLOCK_MALFORMED');
    expect(refused({ ...prague.rpcBlock, transactions: deep }).code).toBe('BLOCK_MALFORMED');
  });

  it('is refused with 20 MB of digits for any field, in a short message', () => {
    const huge = `0x${'f'.repeat(20_000_000)}`;
    for (const name of ['number', 'baseFeePerGas', 'parentHash', 'miner', 'logsBloom', 'nonce', 'hash', 'extraData']) {
      expect(refused({ ...prague.rpcBlock, [name]: huge }).message.length).toBeLessThan(500);
    }
    for (const name of ['type', 'nonce', 'value', 'to', 'v', 'r', 'input']) {
      const transactions = [{ ...transaction, [name]: huge }, ...otherTransactions];
      expect(refused({ ...prague.rpcBlock, transactions }).message.length).toBeLessThan(500);
    }
  });

  it('is refused with what is no digit, wherever it stands', () => {
    for (const digit of ['g', ' ', '\u0000', '\u0130', '\u{1f600}', '"']) {
      for (const [name, text] of [
        ['input', `0x${digit.repeat(2)}`],
        ['input', `0x00${digit}${digit}11`],
        ['value', `0x${digit}`],
        ['value', `0x1${digit}`],
        ['to', `0x${'11'.repeat(20)}`.slice(0, -digit.length) + digit],
        ['r', `0x${digit}${'1'.repeat(60)}`],
      ] as const) {
        const transactions = [{ ...transaction, [name]: text }, ...otherTransactions];
        expect(refused({ ...prague.rpcBlock, transactions }).code).toBe('BLOCK_MALFORMED');
      }
      const withdrawals = [
        { index: '0x0', validatorIndex: '0x0', address: `0x${'11'.repeat(20)}`, amount: `0x1${digit}` },
      ];
      expect(refused({ ...prague.rpcBlock, withdrawals }).code).toBe('BLOCK_MALFORMED');
    }
  });

  it('does not take a character for the digit that its low byte would be', () => {
    const input = otherTransactions.map((tx) => tx['input'] as string).find((data) => data.length > 2)!;
    const lookalike = input.replaceAll('a', '\u0161').replaceAll('0', '\u0130').replaceAll('6', '\u0136');
    const transactions = prague.rpcBlock.transactions.map((tx) =>
      tx['input'] === input ? { ...tx, input: lookalike } : tx,
    );
    expect(lookalike.slice(2)).not.toBe(input.slice(2));
    expect(refused({ ...prague.rpcBlock, transactions }).code).toBe('BLOCK_MALFORMED');
  });

  it('shows no control characters of a refused value', () => {
    const { message } = refused({ ...prague.rpcBlock, number: '\u001b[31m\n0x1' });
    expect(message).toContain('\\u001b[31m\\u000a0x1');
  });

  it('is refused with transactions that are hashes where whole ones belong', () => {
    const transactions = prague.rpcBlock.transactions.map(({ hash }) => hash!);
    expectRefusal(
      () => verifyBlock({ form: 'json', block: { ...prague.rpcBlock, transactions } }, {}),
      'BLOCK_MALFORMED',
    );
  });

  it('is refused with uncles', () => {
    const block = { ...prague.rpcBlock, uncles: [prague.hash] };
    expectRefusal(() => verifyBlock({ form: 'json', block }, {}), 'BLOCK_MALFORMED');
  });

  it.each(['', '0x', '0x0', '0x7f', '0x80', '0xb801', '0xzz', '0xc', 'c0', '0xc0c0', '0x\u0163\u0130'])(
    'is refused with the part %j',
    (part) => {
      const parts = partsForm(prague);
      const transactions = [part as Hex, ...parts.transactions.slice(1)];
      expect(refusalOf(() => verifyBlock({ ...parts, transactions }, {})).code).toMatch(/^BLOCK_/);
    },
  );

  it('takes parts in upper case', () => {
    const parts = partsForm(prague);
    const transactions = parts.transactions.map((part) => `0x${part.slice(2).toUpperCase()}` as const);
    expect(verifyBlock({ ...parts, transactions }, {}).ref.hash).toBe(prague.hash);
  });

  it('is refused, and nothing else is thrown, with any value in place of any member', () => {
    const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
    const blockNames = Object.keys(prague.rpcBlock).filter((name) => name !== 'size' && name !== 'uncles');
    fc.assert(
      fc.property(fc.constantFrom(...blockNames), json, (name, value) => {
        fc.pre(JSON.stringify(prague.rpcBlock[name]) !== JSON.stringify(value));
        expect(refused({ ...prague.rpcBlock, [name]: value }).code).toMatch(/^BLOCK_/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never ends in anything but a verdict with any values in a transaction', () => {
    const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
    const names = [...new Set(prague.rpcBlock.transactions.flatMap((tx) => Object.keys(tx)))];
    fc.assert(
      fc.property(
        fc.nat(prague.rpcBlock.transactions.length - 1),
        fc.constantFrom(...names),
        json,
        (at, name, value) => {
          const transactions = prague.rpcBlock.transactions.map((tx, i) => (i === at ? { ...tx, [name]: value } : tx));
          try {
            verifyBlock({ form: 'json', block: { ...prague.rpcBlock, transactions } }, {});
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(LockstepError);
            expect((thrown as LockstepError).code).toMatch(/^BLOCK_/);
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
