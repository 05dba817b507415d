import { afterEach, describe, expect, it } from '@jest/globals';
import type { Source } from '../../src/source/source.js';
import type { JsonValue } from '../../src/util/json.js';
import { answering, send } from '../rig/http-server.js';
import { block, closeAll, error, failure, hash, never, open, refOf, result, serve, sourceOf } from './fixture.js';

afterEach(closeAll);

const ZERO_BLOCK = block(0, { hash: hash(0), parentHash: hash(0), timestamp: '0x0' });

describe('the head', () => {
  it('is read by one call, and holds known fields only', async () => {
    const latest = block(5, { hash: hash(0x1005).toUpperCase().replace('0X', '0x'), extra: 'x' });
    const { server, source } = await sourceOf({ eth_getBlockByNumber: () => result(latest) });
    expect(await source.head(never())).toEqual(refOf(5));
    expect(server.received.map(({ calls }) => calls.map(({ params }) => params))).toEqual([[['latest', false]]]);
  });

  it.each([
    ['null', result(null), 'SOURCE_SCHEMA'],
    ['a block of zeros', result(ZERO_BLOCK), 'SOURCE_SCHEMA'],
    ['a hash', result(hash(1)), 'SOURCE_SCHEMA'],
    ['an array', result([block(1)]), 'SOURCE_SCHEMA'],
    ['an unknown method', error(-32601), 'SOURCE_RPC_ERROR'],
    ['invalid parameters', error(-32602), 'SOURCE_RPC_ERROR'],
    ['an error', error(-32000), 'SOURCE_RPC_ERROR'],
  ])('is not there when the answer is %s', async (_, answer, code) => {
    const { source } = await sourceOf({ eth_getBlockByNumber: () => answer });
    expect((await failure(source.head(never()))).code).toBe(code);
  });

  it.each(
    [
      ['number', '1'],
      ['number', '-1'],
      ['number', '9007199254740993'],
      ['number', '1e400'],
      ['number', 'null'],
      ['number', 'true'],
      ['number', '{"toString":"0x1"}'],
      ['number', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
      ['number', '"1"'],
      ['number', '"0x"'],
      ['number', '"0x01"'],
      ['number', '" 0x1 "'],
      ['number', '"0x1g"'],
      ['number', '"0x1\\n"'],
      ['number', '"0x20000000000001"'],
      ['number', '"0x1fffffffffffff"'],
      ['number', `"0x${'f'.repeat(20_000_000)}"`],
      ['timestamp', '"0xffffffffffffffff"'],
      ['timestamp', '"0x1fffffffffffff"'],
      ['hash', '"0x12"'],
      ['hash', `"0x${'g'.repeat(64)}"`],
      ['hash', `"${'a'.repeat(64)}"`],
      ['hash', `"0x${'a'.repeat(65)}"`],
      ['parentHash', 'null'],
    ].map(([field = '', value = '']) => ({ field, value, shown: value.slice(0, 30) })),
  )('is refused with the $field $shown', async ({ field, value }) => {
    const fields = { ...block(5), [field]: '@' };
    const server = await serve(({ calls }, response) => {
      const text = JSON.stringify({ jsonrpc: '2.0', id: calls[0]?.id, result: fields });
      send(response, text.replace('"@"', value));
    });
    expect((await failure(open(server.url).head(never()))).code).toBe('SOURCE_SCHEMA');
  });

  it('takes no field from a prototype, and the last of two', async () => {
    const { number: _, ...rest } = block(5);
    const texts = [
      `{"__proto__":{"number":"0x5"},${JSON.stringify(rest).slice(1)}`,
      `{"number":"0x4",${JSON.stringify(block(5)).slice(1)}`,
    ];
    const server = await serve(({ calls }, response) =>
      send(response, `{"jsonrpc":"2.0","id":${calls[0]?.id ?? 0},"result":${texts.shift() ?? 'null'}}`),
    );
    const source = open(server.url);
    expect((await failure(source.head(never()))).code).toBe('SOURCE_SCHEMA');
    expect(await source.head(never())).toEqual(refOf(5));
  });
});

/** The reads of a start, which take blocks as every client serves them. */
async function started(source: Source): Promise<void> {
  for (let reads = 0; reads < 4; reads += 1) await source.labels(never());
}

describe('the labels', () => {
  it('come from one batch of headers where the source serves them, and no block is asked for', async () => {
    const { server, source } = await sourceOf({
      eth_getHeaderByNumber: (tag) => result(block(tag === 'safe' ? 7 : 3)),
      eth_getBlockByNumber: (tag) => result(block(tag === 'safe' ? 6 : 2)),
    });
    await started(source);
    server.received.length = 0;
    for (let reads = 0; reads < 3; reads += 1) {
      expect(await source.labels(never())).toEqual({ safe: refOf(7), finalized: refOf(3) });
    }
    expect(server.received).toHaveLength(3);
    expect(server.received[0]?.calls.map(({ params }) => params)).toEqual([['safe'], ['finalized']]);
    expect(new Set(server.methods)).toEqual(new Set(['eth_getHeaderByNumber']));
  });

  it('are one call where safe alone is asked for', async () => {
    const { server, source } = await sourceOf({
      eth_getHeaderByNumber: () => result(block(7)),
      eth_getBlockByNumber: () => result(block(6)),
    });
    expect(await source.safeLabel(never())).toEqual(refOf(6));
    await started(source);
    server.received.length = 0;
    expect(await source.safeLabel(never())).toEqual(refOf(7));
    expect(server.received.map(({ calls }) => calls.map(({ params }) => params))).toEqual([[['safe']]]);
  });

  it('come from one batch of blocks without their transactions where it does not, which is asked once', async () => {
    const { server, source } = await sourceOf({
      eth_getBlockByNumber: (tag) => result(block(tag === 'safe' ? 7 : 3)),
    });
    for (let reads = 0; reads < 5; reads += 1) {
      expect(await source.labels(never())).toEqual({ safe: refOf(7), finalized: refOf(3) });
    }
    expect(server.received).toHaveLength(6);
    expect(server.received[0]?.calls.map(({ params }) => params)).toEqual([
      ['safe', false],
      ['finalized', false],
    ]);
  });

  it('come from blocks where a gateway refuses the headers with an error code of its own, or with a status', async () => {
    for (const refusal of ['code', 'status'] as const) {
      const server = await serve((received, response) => {
        const isHeader = received.calls[0]?.method === 'eth_getHeaderByNumber';
        if (isHeader && refusal === 'status') return send(response, 'forbidden', 403);
        return answering(({ params: [tag] }) =>
          isHeader ? error(-32000, 'not on your plan') : result(block(tag === 'safe' ? 7 : 3)),
        )(received, response);
      });
      const source = open(server.url);
      for (let reads = 0; reads < 5; reads += 1) {
        expect(await source.labels(never())).toEqual({ safe: refOf(7), finalized: refOf(3) });
      }
      expect(server.methods.filter((method) => method === 'eth_getHeaderByNumber')).toHaveLength(2);
    }
  });

  it('are unset when headers that were served before are errors, without a second question', async () => {
    let set = true;
    const { server, source } = await sourceOf({
      eth_getHeaderByNumber: (tag) => (set ? result(block(tag === 'safe' ? 7 : 3)) : error(-32000, 'not found')),
      eth_getBlockByNumber: () => result(block(1)),
    });
    await started(source);
    await source.labels(never());
    set = false;
    expect(await source.labels(never())).toEqual({ safe: null, finalized: null });
    expect(server.received).toHaveLength(6);
  });

  it.each([
    ['null', result(null)],
    ['a block of zeros', result(ZERO_BLOCK)],
    ['-39001', error(-39001, 'Unknown block')],
    ['-32000', error(-32000, 'safe block not found')],
    ['-32602', error(-32602)],
  ])('are null one by one when the source answers %s', async (_, answer) => {
    const { source } = await sourceOf({
      eth_getBlockByNumber: (tag) => (tag === 'safe' ? result(block(7)) : answer),
    });
    expect(await source.labels(never())).toEqual({ safe: refOf(7), finalized: null });
  });

  it('may be the same block', async () => {
    const { source } = await sourceOf({ eth_getBlockByNumber: () => result(block(0, { parentHash: hash(0) })) });
    const genesis = { ...refOf(0), parentHash: hash(0) };
    expect(await source.labels(never())).toEqual({ safe: genesis, finalized: genesis });
  });

  it.each<[string, (tag: JsonValue | undefined) => ReturnType<typeof result>, string]>([
    ['finalized is above safe', (tag) => result(block(tag === 'safe' ? 3 : 7)), 'SOURCE_SCHEMA'],
    ['one is malformed', (tag) => result(tag === 'safe' ? block(3) : 'x'), 'SOURCE_SCHEMA'],
    [
      'one is refused by a rate limit',
      (tag) => (tag === 'safe' ? result(block(3)) : error(-32005)),
      'SOURCE_THROTTLED',
    ],
  ])('are dropped together when %s', async (_, answer, code) => {
    const { source } = await sourceOf({ eth_getBlockByNumber: (tag) => answer(tag) });
    expect((await failure(source.labels(never()))).code).toBe(code);
  });

  it('are an error, and not unset, when the batch is refused as a whole', async () => {
    const server = await serve((_, response) =>
      send(response, '[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}]'),
    );
    expect((await failure(open(server.url).labels(never()))).code).toBe('SOURCE_RPC_ERROR');
  });
});

describe('a ref', () => {
  it('is read by number or by hash, in one call', async () => {
    const { server, source } = await sourceOf({
      eth_getBlockByNumber: () => result(block(0x1f)),
      eth_getBlockByHash: () => result(block(0x1f)),
    });
    expect(await source.refAt({ number: 0x1f }, never())).toEqual({ kind: 'found', value: refOf(0x1f) });
    expect(await source.refAt({ hash: hash(0x101f) }, never())).toEqual({ kind: 'found', value: refOf(0x1f) });
    const calls = server.received.flatMap((request) => request.calls);
    expect(calls.map(({ method, params }) => [method, ...params])).toEqual([
      ['eth_getBlockByNumber', '0x1f', false],
      ['eth_getBlockByHash', hash(0x101f), false],
    ]);
  });

  it('of several heights are read in one batch, each for itself', async () => {
    const { server, source } = await sourceOf({
      eth_getBlockByNumber: (height) => result(height === '0x1f' ? block(0x1f) : null),
    });
    expect(await source.refsAt([0x1f, 0x20], never())).toEqual([
      { kind: 'found', value: refOf(0x1f) },
      { kind: 'absent' },
    ]);
    expect(server.received.map(({ calls }) => calls.length)).toEqual([2]);
  });

  it.each([
    ['absent', 'null', result(null)],
    ['pruned', '4444', error(4444, 'pruned history unavailable')],
    ['pruned', '-32001', error(-32001, 'resource not found')],
  ])('is %s when the source answers %s', async (kind, _, answer) => {
    const { source } = await sourceOf({ eth_getBlockByNumber: () => answer });
    expect((await source.refAt({ number: 9 }, never())).kind).toBe(kind);
  });

  it('is neither when the source answers any other error', async () => {
    const { source } = await sourceOf({ eth_getBlockByNumber: () => error(-32000) });
    expect((await failure(source.refAt({ number: 9 }, never()))).code).toBe('SOURCE_RPC_ERROR');
  });

  it('of another block is refused', async () => {
    const answer = (): ReturnType<typeof result> => result(block(8));
    const { source } = await sourceOf({ eth_getBlockByNumber: answer, eth_getBlockByHash: answer });
    for (const id of [{ number: 9 }, { hash: hash(0x1009) }]) {
      expect((await failure(source.refAt(id, never()))).code).toBe('SOURCE_SCHEMA');
    }
  });
});

describe('the chain id', () => {
  it('is read as a quantity', async () => {
    const { source } = await sourceOf({ eth_chainId: () => result('0x2105') });
    expect(await source.chainId(never())).toBe(8453);
  });

  it.each([['8453'], ['0x'], [8453], [null]])('is refused when it is %p', async (value) => {
    const { source } = await sourceOf({ eth_chainId: () => result(value) });
    expect((await failure(source.chainId(never()))).code).toBe('SOURCE_SCHEMA');
  });
});
