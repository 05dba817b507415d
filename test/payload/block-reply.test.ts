import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FetchedBlock } from '../../src/chain/fetched-block.js';
import { type BlockReply, readBlockReply } from '../../src/payload/block-reply.js';
import { encodeBlock } from '../../src/payload/encode-block.js';
import { initKeccak } from '../../src/payload/keccak.js';
import { verifyBlock } from '../../src/payload/verify.js';
import { readReply, type RpcOutcome } from '../../src/util/envelope.js';
import { LockstepError } from '../../src/util/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import { title, VECTORS, vectorOf } from './vectors.js';

const ID = 7;
const anyVector = fc.constantFrom(...VECTORS);
const transacting = VECTORS.filter(({ rpcBlock }) => rpcBlock.transactions.length > 0);

function replyOf(result: JsonValue): string {
  return JSON.stringify({ jsonrpc: '2.0', id: ID, result });
}

function read(text: string | Buffer): BlockReply {
  return readBlockReply('SOURCE', Buffer.from(text), ID);
}

/** What verification makes of a body: the whole RLP, or the code of the refusal. */
function verdict(read: () => FetchedBlock): string {
  try {
    const { rlp } = verifyBlock(read(), {});
    return rlp.text.toString('latin1', rlp.start, rlp.end);
  } catch (thrown) {
    if (thrown instanceof LockstepError) return thrown.code;
    throw thrown;
  }
}

function objectIn(outcome: RpcOutcome): JsonObject {
  if (outcome.ok && isJsonObject(outcome.result)) return outcome.result;
  throw new LockstepError('BLOCK_MALFORMED', { detail: 'no block' });
}

const parsed = (body: Buffer) => verdict(() => ({ form: 'json', block: objectIn(readReply('SOURCE', body, ID)) }));

const unparsed = (body: Buffer) =>
  verdict(() => {
    const { outcome, items } = read(body);
    return { form: 'json', block: objectIn(outcome), ...(items !== null && { items }) };
  });

/** The block, or its refusal, is that of the whole body as JSON.parse reads it. */
function expectSame(text: string | Buffer): void {
  const body = Buffer.from(text);
  expect(unparsed(Buffer.from(body))).toBe(parsed(body));
}

/** JSON with white space between all of its tokens. */
function spaced(json: string): string {
  return json.replaceAll(/"[^"]*"|[[\]{},:]/g, (token) => (token.length > 1 ? token : ` \t\r\n${token}\n\r\t `));
}

/** The value with the members of every object in another order. */
function shuffled(value: JsonValue, turn: number): JsonValue {
  if (Array.isArray(value)) return value.map((element) => shuffled(element as JsonValue, turn));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [name, shuffled(member, turn)] as const);
  const at = members.length === 0 ? 0 : turn % members.length;
  return Object.fromEntries([...members.slice(at), ...members.slice(0, at)].toReversed());
}

beforeAll(initKeccak);

describe('a reply with a block in JSON', () => {
  it.each(VECTORS.map((vector) => [title(vector), vector] as const))(
    'comes to the same block without its transactions being parsed: %s',
    (_, { rpcBlock, rawBlock }) => {
      const { outcome, items } = read(replyOf(rpcBlock));
      expect(outcome).toEqual({ ok: true, result: { ...rpcBlock, transactions: [] } });
      expect(items === null ? null : encodeBlock(objectIn(outcome), items).toString()).toBe(rawBlock.slice(2));
    },
  );

  it('is read with its members in any order, in white space, and with members that nobody knows', () => {
    fc.assert(
      fc.property(anyVector, fc.nat(), fc.boolean(), ({ rpcBlock, rawBlock }, turn, isSpaced) => {
        const transactions = rpcBlock.transactions.map((tx) => ({
          unknown: null,
          nested: [{ deep: ['{', true, false, { to: 'nowhere' }] }, []],
          ...tx,
          input2: '0x',
        }));
        const text = replyOf(shuffled({ ...rpcBlock, transactions }, turn));
        const { outcome, items } = read(isSpaced ? spaced(text) : text);
        // The key and the bracket of the list are told by how they are written together.
        expect(items === null).toBe(isSpaced);
        if (items !== null) expect(encodeBlock(objectIn(outcome), items).toString()).toBe(rawBlock.slice(2));
        expectSame(isSpaced ? spaced(text).replace(/"transactions"\s*:\s*\[/, '"transactions":[') : text);
      }),
      { numRuns: 200 },
    );
  });

  it('means what its parsed transactions mean, with any value in place of any member', () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>,
      fc.constantFrom<JsonValue>(
        '0x',
        '0x0',
        '0x00',
        '0x1',
        '0x1b',
        '0x25',
        '0x7e',
        '0xg',
        'x0',
        '0X1',
        null,
        true,
        [],
      ),
      fc.array(fc.constantFrom('0x', `0x${'ab'.repeat(32)}`, `0x${'ab'.repeat(31)}`), { maxLength: 3 }),
      fc.bigInt({ min: 0n, max: 1n << 264n }).map((value) => `0x${value.toString(16)}`),
    );
    const names = [...new Set(transacting.flatMap(({ rpcBlock }) => rpcBlock.transactions.flatMap(Object.keys)))];
    fc.assert(
      fc.property(
        fc.constantFrom(...transacting),
        fc.nat(),
        fc.constantFrom(...names),
        values,
        ({ rpcBlock }, position, name, value) => {
          const at = position % rpcBlock.transactions.length;
          const transactions = rpcBlock.transactions.map((tx, index) => (index === at ? { ...tx, [name]: value } : tx));
          expectSame(replyOf({ ...rpcBlock, transactions }));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('means what its parsed transactions mean, without any one of their members', () => {
    for (const { rpcBlock } of transacting) {
      rpcBlock.transactions.forEach((transaction, at) => {
        for (const name of Object.keys(transaction)) {
          const { [name]: _, ...others } = transaction;
          expectSame(replyOf({ ...rpcBlock, transactions: rpcBlock.transactions.with(at, others) }));
        }
      });
    }
  });

  it('is never read in another way than JSON, whatever byte of it is another one', () => {
    const bodies = transacting.map(({ rpcBlock }) => Buffer.from(replyOf(rpcBlock)));
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.nat(),
        fc.constantFrom(...Array.from('"{}[],: \\0xtn\n')),
        (body, position, char) => {
          const changed = Buffer.from(body);
          changed[position % body.length] = char.charCodeAt(0);
          expectSame(changed);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('is never read in another way than JSON where it is cut off', () => {
    const body = Buffer.from(replyOf(vectorOf('prague').rpcBlock));
    for (let end = 0; end < body.length; end += 7) expectSame(body.subarray(0, end));
  });

  it('is parsed where something is escaped, or a key of the list stands elsewhere as well', () => {
    const { rpcBlock } = vectorOf('prague');
    const list = JSON.stringify(rpcBlock.transactions);
    const text = replyOf(rpcBlock);
    for (const changed of [
      text.replace('"nonce"', '"n\\u006fnce"'),
      text.replace('"jsonrpc"', '"other":{"transactions":[]},"jsonrpc"'),
      text.replace('"result"', '"other":{"transactions":[{}]},"result"'),
      text.replace('"result":{', `"result":{"other":{"transactions":${list}},`),
      `${text.slice(0, -2)},"transactions":[]}}`,
    ]) {
      expect(read(changed).items).toBeNull();
      expectSame(changed);
    }
  });

  it('can be verified twice, as the block of the preflight is', () => {
    const { rpcBlock, rawBlock } = vectorOf('prague');
    const { outcome, items } = read(replyOf(rpcBlock));
    const fetched: FetchedBlock = { form: 'json', block: objectIn(outcome), items: items! };
    for (let times = 0; times < 2; times += 1) expect(verdict(() => fetched)).toBe(rawBlock.slice(2));
  });

  it('is an error, nothing, or the reply to another request as any reply is', () => {
    expect(read('{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no"}}')).toEqual({
      outcome: { ok: false, code: -32_000, message: 'no' },
      items: null,
    });
    expect(read(replyOf(null))).toEqual({ outcome: { ok: true, result: null }, items: null });
    const other = JSON.stringify({ jsonrpc: '2.0', id: 8, result: vectorOf('prague').rpcBlock });
    expect(() => read(other)).toThrow(/has id 8, asked 7/);
  });

  it('is parsed where a transaction has more in its lists than any can have', () => {
    const { rpcBlock } = vectorOf('prague');
    const [first, ...others] = rpcBlock.transactions.toSorted((a) => (a['type'] === '0x2' ? -1 : 1));
    const keys = (count: number) => Array.from({ length: count }, () => `0x${'11'.repeat(32)}`);
    const withKeys = (count: number): string => {
      const access = [{ address: `0x${'22'.repeat(20)}`, storageKeys: keys(count) }];
      return replyOf({ ...rpcBlock, transactions: [{ ...first!, accessList: access }, ...others] });
    };
    expect(read(withKeys(2_000)).items).not.toBeNull();
    expect(read(withKeys(2_001)).items).toBeNull();
    expectSame(withKeys(2_000));
    expectSame(withKeys(50_000));
  });

  it('is parsed where it is larger than what is worth keeping memory for', () => {
    const { rpcBlock } = vectorOf('prague');
    const [first, ...others] = rpcBlock.transactions;
    const huge = (sizeBytes: number): string =>
      replyOf({ ...rpcBlock, transactions: [{ ...first!, input: `0x${'00'.repeat(sizeBytes)}` }, ...others] });
    expect(read(huge(1_900_000)).items).not.toBeNull();
    expect(read(huge(2_200_000)).items).toBeNull();
    expectSame(huge(1_900_000));
    expectSame(huge(2_200_000));
  });
});
