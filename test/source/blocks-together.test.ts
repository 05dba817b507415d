import { afterEach, describe, expect, it } from '@jest/globals';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import type { JsonValue } from '../../src/util/json.js';
import { type Answer, answering, send } from '../rig/http-server.js';
import { asked, BY_NUMBER, numberOf, RAW, raw, shown } from './block-answers.js';
import { block, closeAll, error, failure, never, open, result, serve, sourceOf } from './fixture.js';

afterEach(closeAll);

const found = (value: FetchedBlock | null): string => (value === null ? 'none' : shown({ kind: 'found', value }));

const rawAnswer = (id: JsonValue | undefined): Answer => result(raw(numberOf(id)));

describe('blocks that are asked for together', () => {
  it('come by one request, raw where the source serves that', async () => {
    const { server, source } = await sourceOf({ [RAW]: rawAnswer });
    const blocks = await source.blocksAt([5, 6, 7], never());
    expect(blocks.map(found)).toEqual([raw(5), raw(6), raw(7)]);
    expect(server.received).toHaveLength(1);
    expect(asked(server)).toEqual([RAW, RAW, RAW]);
  });

  it('come as JSON where the source was found to serve nothing else, but those of an unknown type', async () => {
    const strange = { ...block(7), transactions: [{ type: '0x55' }] };
    const { source } = await sourceOf({
      [BY_NUMBER]: (id) => result(numberOf(id) === 7 ? strange : block(numberOf(id))),
    });
    await source.block({ number: 1 }, never());
    const blocks = await source.blocksAt([5, 6, 7], never());
    expect(blocks.map(found)).toEqual(['json 5', 'json 6', 'none']);
  });

  it.each([
    ['an error', error(-32000, 'no such block')],
    ['nothing', result(null)],
    ['no bytes', result('0x')],
    ['half a byte', result('0xabc')],
    ['another thing', result(17)],
    ['a block of another height', result(block(9))],
  ])('do not come where the answer for one is %s, and the others do', async (_, answer) => {
    const { source } = await sourceOf({ [RAW]: (id) => (numberOf(id) === 6 ? answer : rawAnswer(id)) });
    expect((await source.blocksAt([5, 6, 7], never())).map(found)).toEqual([raw(5), 'none', raw(7)]);
  });

  it('end with the abort of the signal', async () => {
    const { source } = await sourceOf({ [RAW]: rawAnswer });
    expect((await failure(source.blocksAt([5, 6], AbortSignal.abort()))).code).toBe('ABORTED');
  });
});

describe('how many blocks a request may bring', () => {
  it('is eight', async () => {
    const { source } = await sourceOf({ [RAW]: rawAnswer });
    expect(source.blocksPerRequest).toBe(8);
  });

  it('is one where calls are counted', async () => {
    const server = await serve(answering(({ params }) => rawAnswer(params[0])));
    expect(open(server.url, { callsPerSecond: 100 }).blocksPerRequest).toBe(1);
  });

  it('is one while it is learned in which form the source serves them', async () => {
    const refusing = (): Answer => error(-32000, 'not now');
    const { source } = await sourceOf({ [RAW]: refusing, [BY_NUMBER]: (id) => result(block(numberOf(id))) });
    const after: number[] = [];
    for (const number of [1, 2, 3]) {
      await source.block({ number }, never());
      after.push(source.blocksPerRequest);
    }
    expect(after).toEqual([1, 1, 8]);
  });

  it('is one after three batches in a row that were refused, however that was said', async () => {
    const refusals = ['[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}]', '[]', 'no'];
    const server = await serve((_, response) => send(response, refusals.shift() ?? 'no'));
    const source = open(server.url, { retry: { attempts: 1 } });
    const after: number[] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      expect(await source.blocksAt([5, 6], never())).toEqual([null, null]);
      after.push(source.blocksPerRequest);
    }
    expect(after).toEqual([8, 8, 1]);
  });

  it('is what it was while three are under way, and after they were aborted', async () => {
    const server = await serve(() => undefined);
    const source = open(server.url);
    const stop = new AbortController();
    const batches = [1, 2, 3].map((first) => failure(source.blocksAt([first, first + 1], stop.signal)));
    expect(source.blocksPerRequest).toBe(8);
    stop.abort();
    expect((await Promise.all(batches)).map(({ code }) => code)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
    expect(source.blocksPerRequest).toBe(8);
  });

  it('is what it was after a failure between two that came', async () => {
    let fails = false;
    const { source } = await sourceOf({ [RAW]: (id) => (fails ? error(-32000) : rawAnswer(id)) });
    for (let round = 0; round < 4; round += 1) {
      fails = !fails;
      await source.blocksAt([5, 6], never());
    }
    expect(source.blocksPerRequest).toBe(8);
  });
});
