import { afterEach, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/util/json.js';
import { type Answer, answering, send } from '../rig/http-server.js';
import { asked, BY_HASH, BY_NUMBER, isHash, numberOf, RAW, raw, shown } from './block-answers.js';
import {
  block,
  closeAll,
  error,
  failure,
  hash,
  type Methods,
  never,
  open,
  result,
  serve,
  sourceOf,
} from './fixture.js';

afterEach(closeAll);

const HEAD = 10;

const json = (id: JsonValue | undefined): Answer => result(numberOf(id) > HEAD ? null : block(numberOf(id)));
const JSON_METHODS: Methods = { eth_getBlockByNumber: json, eth_getBlockByHash: json };

describe('a source with raw blocks', () => {
  it('is asked for nothing else, by height and by hash', async () => {
    const { server, source } = await sourceOf({ [RAW]: (id) => result(raw(numberOf(id))) });
    expect(shown(await source.block({ number: 5 }, never()))).toBe(raw(5));
    expect(shown(await source.block({ hash: hash(0x1006) }, never()))).toBe(raw(6));
    const calls = server.received.flatMap((request) => request.calls);
    expect(calls.map(({ method, params }) => [method, ...params])).toEqual([
      [RAW, '0x5'],
      [RAW, hash(0x1006)],
    ]);
  });

  it.each([
    ['nothing', null],
    ['no bytes', '0x'],
  ])('tells a block that it has not by %s, in one call', async (_, value) => {
    const { server, source } = await sourceOf({
      [RAW]: (id) => result(numberOf(id) > HEAD ? value : raw(numberOf(id))),
    });
    expect(shown(await source.block({ number: HEAD }, never()))).toBe(raw(HEAD));
    expect(shown(await source.block({ number: HEAD + 1 }, never()))).toBe('absent');
    expect(asked(server)).toEqual([RAW, RAW]);
  });

  it('may tell by an error, which is confirmed once and understood from then on', async () => {
    const rawOrError = (id: JsonValue | undefined): Answer =>
      numberOf(id) > HEAD ? error(-32001, 'block not found') : result(raw(numberOf(id)));
    const { server, source } = await sourceOf({ ...JSON_METHODS, [RAW]: rawOrError });
    await source.block({ number: HEAD }, never());
    expect(asked(server)).toEqual([RAW]);
    expect(shown(await source.block({ number: HEAD + 1 }, never()))).toBe('absent');
    expect(asked(server)).toEqual([RAW, BY_NUMBER]);
    expect(shown(await source.block({ number: HEAD + 1 }, never()))).toBe('absent');
    expect(shown(await source.block({ number: HEAD + 2 }, never()))).toBe('absent');
    expect(asked(server)).toEqual([RAW, RAW]);
    expect(shown(await source.block({ hash: hash(0x1fff) }, never()))).toBe('absent');
    expect(asked(server)).toEqual([RAW, BY_HASH]);
  });

  it('is not taken at its error twice in a row for one height: the block may be there by now', async () => {
    const refused = (id: JsonValue | undefined): Answer =>
      numberOf(id) >= HEAD ? error(-32001, 'block not found') : result(raw(numberOf(id)));
    const { source } = await sourceOf({ ...JSON_METHODS, [RAW]: refused });
    expect(shown(await source.block({ number: HEAD + 1 }, never()))).toBe('absent');
    expect(shown(await source.block({ number: HEAD }, never()))).toBe('absent');
    expect(shown(await source.block({ number: HEAD }, never()))).toBe(`json ${HEAD}`);
  });

  it('is not taken at its error for a height that it has shown', async () => {
    let broken = false;
    const rawOrError = (id: JsonValue | undefined): Answer =>
      broken || numberOf(id) > HEAD ? error(-32000) : result(raw(numberOf(id)));
    const { server, source } = await sourceOf({ ...JSON_METHODS, [RAW]: rawOrError });
    await source.block({ number: HEAD + 1 }, never());
    await source.head(never()).catch(() => undefined);
    await source.block({ number: HEAD }, never());
    broken = true;
    asked(server);
    expect(shown(await source.block({ number: HEAD }, never()))).toBe(`json ${HEAD}`);
    expect(asked(server)).toEqual([RAW, BY_NUMBER]);
  });

  it('that refuses one block serves that one as JSON, and the next raw', async () => {
    const { server, source } = await sourceOf({
      ...JSON_METHODS,
      [RAW]: (id) => (numberOf(id) === 3 ? error(-32603) : result(raw(numberOf(id)))),
    });
    for (let round = 0; round < 5; round++) {
      expect(shown(await source.block({ number: 3 }, never()))).toBe('json 3');
      expect(shown(await source.block({ number: 4 }, never()))).toBe(raw(4));
    }
    expect(asked(server)).toEqual(Array.from({ length: 5 }, () => [RAW, BY_NUMBER, RAW]).flat());
  });

  it('that refuses three blocks in a row is not asked for them any more', async () => {
    const { server, source } = await sourceOf({ ...JSON_METHODS, [RAW]: () => error(-32000, 'forbidden') });
    for (let number = 1; number <= 5; number++) await source.block({ number }, never());
    const refused = [RAW, BY_NUMBER];
    expect(asked(server)).toEqual([...refused, ...refused, ...refused, RAW, BY_NUMBER, BY_NUMBER]);
  });

  it('that each come right behind the refusal of their height is asked for them on', async () => {
    const looks = new Map<number, number>();
    const rawAtSecondLook = (id: JsonValue | undefined): Answer => {
      const look = (looks.get(numberOf(id)) ?? 0) + 1;
      looks.set(numberOf(id), look);
      return look === 1 ? error(-32000, 'not found') : result(raw(numberOf(id)));
    };
    const { source } = await sourceOf({ ...JSON_METHODS, [RAW]: rawAtSecondLook });
    const blocks: string[] = [];
    for (let number = 1; number <= 7; number++) blocks.push(shown(await source.block({ number }, never())));
    expect(blocks).toEqual(['json 1', 'json 2', raw(3), 'json 4', 'json 5', raw(6), 'json 7']);
  });

  it('that come so, and cannot be read as JSON, is taken to serve them', async () => {
    const setCode = (id: JsonValue | undefined): Answer =>
      result(block(numberOf(id), { transactions: [{ type: '0x4' }] }));
    const looks: number[] = [];
    const rawAtSecondLook = (id: JsonValue | undefined): Answer =>
      looks.push(numberOf(id)) % 2 === 1 ? error(-32000, 'not found') : result(raw(numberOf(id)));
    const { source } = await sourceOf({ [BY_NUMBER]: setCode, [RAW]: rawAtSecondLook });
    for (let number = 1; number <= 7; number++) {
      expect(shown(await source.block({ number }, never()))).toBe(raw(number));
    }
  });

  it('by height only serves JSON by hash', async () => {
    const { server, source } = await sourceOf({
      ...JSON_METHODS,
      [RAW]: (id) => (isHash(id) ? error(-32602, 'greater than current height') : result(raw(numberOf(id)))),
    });
    for (let round = 0; round < 4; round++) {
      expect(shown(await source.block({ hash: hash(0x1005) }, never()))).toBe('json 5');
      expect(shown(await source.block({ number: 6 }, never()))).toBe(raw(6));
    }
    asked(server);
    await source.block({ hash: hash(0x1005) }, never());
    await source.block({ number: 6 }, never());
    expect(asked(server)).toEqual([BY_HASH, RAW]);
  });

  it('that has pruned a block says so', async () => {
    const pruned = (): Answer => error(4444, 'pruned history unavailable');
    const { source } = await sourceOf({ [RAW]: pruned, [BY_NUMBER]: pruned });
    const found = await source.block({ number: 1 }, never());
    expect(found.kind === 'pruned' && found.detail).toContain('pruned history unavailable');
  });

  it('that answers something else than hex is refused', async () => {
    for (const value of [5, {}, 'abc', '0x123'] as const) {
      const { source } = await sourceOf({ [RAW]: () => result(value) });
      expect((await failure(source.block({ number: 1 }, never()))).code).toBe('SOURCE_SCHEMA');
    }
  });
});

describe('a source without raw blocks', () => {
  it.each([[-32601], [-32600], [-32004]])('is known by the error %d, and asked for JSON from then on', async (code) => {
    const { server, source } = await sourceOf({ ...JSON_METHODS, [RAW]: () => error(code) });
    expect(shown(await source.block({ number: 5 }, never()))).toBe('json 5');
    expect(shown(await source.block({ hash: hash(0x1006) }, never()))).toBe('json 6');
    expect(shown(await source.block({ number: HEAD + 1 }, never()))).toBe('absent');
    expect(asked(server)).toEqual([RAW, BY_NUMBER, BY_HASH, BY_NUMBER]);
    expect(server.received).toHaveLength(0);
  });

  it('is known by the HTTP status 403 of a gateway too', async () => {
    const { script } = (await sourceOf(JSON_METHODS)).server;
    const server = await serve((received, response) => {
      if (received.calls[0]?.method === RAW) send(response, 'method not allowed', 403);
      else void script(received, response);
    });
    const source = open(server.url);
    expect(shown(await source.block({ number: 5 }, never()))).toBe('json 5');
    expect(shown(await source.block({ number: 6 }, never()))).toBe('json 6');
    expect(asked(server)).toEqual([RAW, BY_NUMBER, BY_NUMBER]);
  });

  it('is not assumed when it refuses our credentials or limits our rate', async () => {
    for (const [status, code] of [
      [401, 'SOURCE_AUTH'],
      [403, 'SOURCE_AUTH'],
      [429, 'SOURCE_THROTTLED'],
    ] as const) {
      const server = await serve((_, response) => send(response, '', status));
      expect((await failure(open(server.url).block({ number: 5 }, never()))).code).toBe(code);
    }
  });

  it('is refused when it serves another block than asked for', async () => {
    const wrong = (): Answer => result(block(8));
    const { source } = await sourceOf({ [BY_NUMBER]: wrong, [BY_HASH]: wrong });
    for (const id of [{ number: 9 }, { hash: hash(0x1009) }]) {
      expect((await failure(source.block(id, never()))).code).toBe('SOURCE_SCHEMA');
    }
  });

  it('throws an error that says neither absent nor pruned', async () => {
    const { source } = await sourceOf({ [BY_NUMBER]: () => error(-32603) });
    expect((await failure(source.block({ number: 5 }, never()))).code).toBe('SOURCE_RPC_ERROR');
  });
});

describe('a missing middle block', () => {
  it('is absent while its neighbours are found', async () => {
    const script = answering(({ params: [id] }) => result(numberOf(id) === 4 ? null : raw(numberOf(id))));
    const source = open((await serve(script)).url);
    const found = await Promise.all([3, 4, 5].map((number) => source.block({ number }, never())));
    expect(found.map(shown)).toEqual([raw(3), 'absent', raw(5)]);
  });
});
