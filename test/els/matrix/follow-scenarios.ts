import { engineProfile } from '../../../src/engine/profile.js';
import { EMPTY_REQUESTS_HASH } from '../../../src/payload/requests.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/util/json.js';
import type { Column } from './column.js';
import { seen, type Scenario } from './scenario.js';

/** The first blocks of a chain hold every type of transaction that its producer makes. */
const BLOCKS_WITH_EVERY_TYPE = 160;

/** The limit of most HTTP servers, and of the engine port of ELs until some years ago. */
const LARGE_PAYLOAD_BYTES = 5 * 1024 * 1024;

/** Following from every position, while everything stays up. */
export const FOLLOW_SCENARIOS: readonly Scenario[] = [
  {
    title: 'is known to lockstep by what it says of itself',
    alone: true,
    run: async (column) => {
      const identity = await column.withEngine((engine, signal) => engine.identify(signal));
      const { kind } = engineProfile(identity);
      if (kind !== column.kind) throw new Error(`${column.kind} was taken for ${kind}`);
      return seen(kind);
    },
  },
  {
    title: 'shows labels that were never set',
    alone: true,
    run: async ({ port }) => {
      const [outcome] = await port.batch([{ method: 'eth_getBlockByNumber', params: ['finalized', false] }]);
      if (outcome?.ok === true && outcome.result !== null) throw new Error('an empty EL shows a finalized block');
      return seen(outcome?.ok === true ? 'null' : `error ${outcome?.code ?? 'none'}`);
    },
  },
  {
    title: 'is brought over 500 blocks from an empty database',
    run: (column) => {
      const sent = column.proxy.log.payloads.map(({ number }) => Number(number));
      const every = Array.from({ length: column.family.head.number }, (_, index) => index + 1);
      if (sent.join() !== every.join()) throw new Error('not every block was sent once and in order');
      return Promise.resolve(seen());
    },
  },
  {
    title: 'takes transactions of the types',
    run: async (column) => {
      const { types, withRequests } = await contents(column);
      return seen(
        [...types]
          .sort((a, b) => a - b)
          .map(hex)
          .join(', '),
        ...(withRequests ? ['execution requests'] : []),
      );
    },
  },
  {
    title: 'takes a payload of more than 5 MiB',
    run: (column) => {
      const sizes = column.proxy.log.writes.map(({ params }) => JSON.stringify(params).length);
      if (!sizes.some((size) => size > LARGE_PAYLOAD_BYTES)) throw new Error('no payload was that large');
      return Promise.resolve(seen());
    },
  },
  {
    title: 'follows block by block at the head',
    run: async (column) => {
      for (let block = 0; block < 5; block++) await column.follow(1);
      return seen();
    },
  },
  {
    title: 'keeps up when lockstep is stopped and started at the head',
    run: async (column) => {
      await column.endLockstep('SIGTERM');
      const before = column.proxy.log.payloads.length;
      const forkchoices = column.proxy.log.forkchoices.length;
      await column.startLockstep();
      await column.until('a forkchoice is sent', () => column.proxy.log.forkchoices.length > forkchoices);
      await column.untilEqual();
      if (column.proxy.log.payloads.length > before) throw new Error('a block was sent again');
      return seen();
    },
  },
  {
    title: 'keeps up when lockstep is killed and starts 20 blocks behind',
    run: async (column) => {
      await column.endLockstep('SIGKILL');
      await column.family.producer.produce(20);
      await column.startLockstep();
      await column.untilEqual();
      return seen();
    },
  },
];

/** Read from the follower, whose blocks have the hashes of the source's by now. */
async function contents({ el, rpc }: Column): Promise<{ types: Set<number>; withRequests: boolean }> {
  const types = new Set<number>();
  let withRequests = false;
  const numbers = Array.from({ length: BLOCKS_WITH_EVERY_TYPE }, (_, index) => index + 1);
  const calls = numbers.map((number) => ({
    method: 'eth_getBlockByNumber',
    params: [`0x${number.toString(16)}`, true],
  }));
  for (const outcome of await rpc.batch(calls)) {
    if (!outcome.ok || !isJsonObject(outcome.result)) throw new Error(`${el.kind} lacks a block`);
    for (const { type } of transactionsOf(outcome.result)) types.add(Number(type));
    withRequests ||= outcome.result['requestsHash'] !== EMPTY_REQUESTS_HASH;
  }
  return { types, withRequests };
}

function hex(type: number): string {
  return `0x${type.toString(16)}`;
}

function transactionsOf(block: JsonObject): readonly JsonObject[] {
  const list: JsonValue | undefined = block['transactions'];
  return Array.isArray(list) ? (list as readonly JsonValue[]).filter(isJsonObject) : [];
}
