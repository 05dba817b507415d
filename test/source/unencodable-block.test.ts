import { afterEach, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/util/json.js';
import type { Answer } from '../rig/http-server.js';
import { asked, BY_HASH, BY_NUMBER, isHash, numberOf, RAW, raw, shown } from './block-answers.js';
import { block, closeAll, error, failure, hash, type Methods, never, result, sourceOf } from './fixture.js';

afterEach(closeAll);

describe('a block that cannot be encoded from JSON', () => {
  const RAW_TX = 'eth_getRawTransactionByBlockHashAndIndex';
  const rawTx = (_hash: JsonValue | undefined, index: JsonValue | undefined): Answer =>
    result(`0x7b${Number(index).toString(16).padStart(4, '0')}`);
  const withTransactions = (transactions: JsonValue): Methods => {
    const answer = (id: JsonValue | undefined): Answer => result(block(numberOf(id), { transactions }));
    return { [BY_NUMBER]: answer, [BY_HASH]: answer };
  };

  it.each<[string, JsonValue]>([
    ['has an unknown type', [{ type: '0x2' }, { type: '0x7b' }]],
    ['lacks its authorizations', [{ type: '0x0' }, { type: '0x4' }]],
    ['is only a hash', [hash(1), hash(2)]],
  ])('because a transaction %s comes with the raw encoding of each', async (_, transactions) => {
    const { server, source } = await sourceOf({ ...withTransactions(transactions), [RAW_TX]: rawTx });
    const { transactions: _dropped, ...header } = block(5);
    expect(await source.block({ number: 5 }, never())).toEqual({
      kind: 'found',
      value: { form: 'parts', block: header, transactions: ['0x7b0000', '0x7b0001'] },
    });
    expect(server.received.at(-1)?.calls.map(({ params }) => params)).toEqual([
      [hash(0x1005), '0x0'],
      [hash(0x1005), '0x1'],
    ]);
  });

  it('is not one with only known types', async () => {
    const known = [{}, ...['0x0', '0x1', '0x2', '0x3', '0x7e'].map((type) => ({ type }))];
    const transactions = [...known, { type: '0x4', authorizationList: [] }];
    const { server, source } = await sourceOf({ ...withTransactions(transactions), [RAW_TX]: rawTx });
    expect(shown(await source.block({ number: 5 }, never()))).toBe('json 5');
    expect(asked(server)).not.toContain(RAW_TX);
  });

  it('is asked for in batches of a hundred, and kept in order', async () => {
    const transactions = Array.from({ length: 250 }, () => ({ type: '0x64' }));
    const { server, source } = await sourceOf({ ...withTransactions(transactions), [RAW_TX]: rawTx });
    const found = await source.block({ number: 5 }, never());
    if (found.kind !== 'found' || found.value.form !== 'parts') throw new Error('parts were expected');
    const expected = transactions.map((_, index) => `0x7b${index.toString(16).padStart(4, '0')}`);
    expect(found.value.transactions).toEqual(expected);
    const sizes = server.received.filter(({ batch }) => batch).map(({ calls }) => calls.length);
    expect(sizes).toEqual([100, 100, 50]);
  });

  it('stays JSON when the source has no raw transactions either', async () => {
    const { source } = await sourceOf(withTransactions([{ type: '0x7b' }]));
    expect(shown(await source.block({ number: 5 }, never()))).toBe('json 5');
  });

  it('comes raw by its height when that is the only way that the source has', async () => {
    const { source } = await sourceOf({
      ...withTransactions([{ type: '0x4' }]),
      [RAW]: (id) => (isHash(id) ? error(-32602) : result(raw(numberOf(id)))),
    });
    expect(shown(await source.block({ hash: hash(0x1005) }, never()))).toBe(raw(5));
  });

  it('comes raw where it was made between the refusal of its height and the look as JSON', async () => {
    let looks = 0;
    const { server, source } = await sourceOf({
      ...withTransactions([{ type: '0x4' }]),
      [RAW]: (id) => ((looks += 1) === 1 ? error(-32603, 'no such block') : result(raw(numberOf(id)))),
    });
    expect(shown(await source.block({ number: 5 }, never()))).toBe(raw(5));
    expect(asked(server)).toEqual([RAW, BY_NUMBER, RAW]);
  });

  it.each<[string, Answer]>([
    ['an error', error(-32603, 'no such block')],
    ['nothing', result(null)],
  ])(
    'is absent for three looks while its height shows %s, as on a source that changes its branch',
    async (_, shows) => {
      let there = false;
      const { source } = await sourceOf({
        ...withTransactions([{ type: '0x4' }]),
        [RAW]: (id) => (isHash(id) ? error(-32602) : there ? result(raw(numberOf(id))) : shows),
      });
      const look = async (): Promise<string> => shown(await source.block({ hash: hash(0x1005) }, never()));
      expect([await look(), await look(), await look()]).toEqual(['absent', 'absent', 'absent']);
      expect(await look()).toBe('json 5');
      there = true;
      expect(await look()).toBe(raw(5));
    },
  );

  it.each([['0x'], [null], ['0xabc'], [7]])('is refused when a raw transaction is %p', async (value) => {
    const { source } = await sourceOf({ ...withTransactions([{ type: '0x7b' }]), [RAW_TX]: () => result(value) });
    expect((await failure(source.block({ number: 5 }, never()))).code).toBe('SOURCE_SCHEMA');
  });
});
