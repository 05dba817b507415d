import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WireLog } from '../../devnet/proxy/wire-log.js';
import type { BlockRef } from '../../src/chain/block.js';
import type { JsonValue } from '../../src/util/json.js';
import { grow } from '../follow/blocks.js';
import { answering, HttpServer } from './http-server.js';
import { wireBreaches } from './wire-rules.js';

const MAIN = grow(null, 6, 'a').map(({ ref }) => ref);
const [FORK, THREE, FOUR] = [MAIN[2]!, MAIN[3]!, MAIN[4]!];
/** The EL's own branch from block 2 on. */
const OWN = grow(FORK, 3, 'b').map(({ ref }) => ref);

/** A branch of the EL of which nobody else knows, and which it has lost since. */
const GONE = grow(OWN[0]!, 3, 'c').map(({ ref }) => ref);

let node: HttpServer;

/** Knows every block, as source and EL together do. */
beforeAll(async () => {
  const blocks = new Map([...MAIN, ...OWN].map((ref): [JsonValue, JsonValue] => [ref.hash, served(ref)]));
  node = await HttpServer.start(answering(({ params: [hash] }) => ({ result: blocks.get(hash!) ?? null })));
});

afterAll(() => node.close());

const quantity = (value: number): string => `0x${value.toString(16)}`;

function served({ hash, parentHash, number }: BlockRef): JsonValue {
  return { hash, parentHash, number: quantity(number) };
}

function payload({ hash, parentHash, number }: BlockRef): JsonValue {
  return { blockHash: hash, parentHash, blockNumber: quantity(number) };
}

function call(log: WireLog, method: string, params: JsonValue[], result: JsonValue): void {
  const { calls, end } = log.open([{ id: 1, method, params }], 1);
  for (const each of calls) Object.assign(each, { answer: { result }, delivered: true });
  end();
}

function shows(log: WireLog, ref: BlockRef): void {
  call(log, 'eth_getBlockByNumber', ['latest', false], served(ref));
}

function forkchoice(log: WireLog, head: BlockRef, final: BlockRef): void {
  const params = [{ headBlockHash: head.hash, safeBlockHash: final.hash, finalizedBlockHash: final.hash }];
  call(log, 'engine_forkchoiceUpdatedV3', params, { payloadStatus: { status: 'VALID' } });
}

function breaches(log: WireLog): Promise<readonly string[]> {
  const made = new Set<JsonValue>(MAIN.map(({ hash }) => hash));
  return wireBreaches(log, { blocksUrl: node.url, recovery: { sourceUrl: node.url, ownUrl: node.url, made } });
}

/** An EL at block 4, which is final. */
function finalAtFour(): WireLog {
  const log = new WireLog();
  shows(log, FOUR);
  forkchoice(log, FOUR, FOUR);
  return log;
}

describe('a head that goes below what was final (I8)', () => {
  it('is a breach', async () => {
    const log = finalAtFour();
    shows(log, FOUR);
    forkchoice(log, THREE, FORK);
    expect(await breaches(log)).toContain('I8 forkchoice 3: below the fence 4');
  });

  it('is a breach where the EL shows another branch without having started anew', async () => {
    const log = finalAtFour();
    shows(log, OWN[1]!);
    forkchoice(log, THREE, FORK);
    expect(await breaches(log)).toContain('I8 forkchoice 3: below the fence 4');
  });

  it('is the way back where the EL lost it with a restart and came up on a branch of its own', async () => {
    const log = finalAtFour();
    log.newSession();
    shows(log, OWN[1]!);
    call(log, 'engine_newPayloadV1', [payload(THREE)], { status: 'VALID' });
    forkchoice(log, THREE, FORK);
    expect(await breaches(log)).toEqual([]);
  });

  it('is the way back where somebody else led the EL down, which shows no otherwise than a restart', async () => {
    const log = finalAtFour();
    shows(log, OWN[0]!);
    call(log, 'engine_newPayloadV1', [payload(THREE)], { status: 'VALID' });
    forkchoice(log, THREE, FORK);
    expect(await breaches(log)).toEqual([]);
  });

  it('is the way back where nobody has the other branch any more, and the EL has shown that it was on it', async () => {
    const log = finalAtFour();
    shows(log, OWN[0]!);
    shows(log, GONE[2]!);
    call(log, 'eth_getBlockByNumber', ['0x4', false], served(GONE[0]!));
    call(log, 'engine_newPayloadV1', [payload(THREE)], { status: 'VALID' });
    forkchoice(log, THREE, FORK);
    expect(await breaches(log)).toEqual([]);
  });

  it('by debug_setHead is the way back where the EL lost it, and shows there a block below the final one', async () => {
    const rewound = async (shown: BlockRef): Promise<readonly string[]> => {
      const log = finalAtFour();
      log.newSession();
      shows(log, OWN[1]!);
      call(log, 'eth_getBlockByNumber', [quantity(shown.number), false], served(shown));
      call(log, 'debug_setHead', [quantity(shown.number)], null);
      return breaches(log);
    };
    expect(await rewound(FORK)).toEqual([]);
    expect(await rewound(OWN[0]!)).toEqual(['I8 debug_setHead 3: below the fence 4']);
  });

  it('is a breach where we have led the EL down ourselves', async () => {
    const log = finalAtFour();
    call(log, 'engine_newPayloadV1', [payload(OWN[0]!)], { status: 'VALID' });
    forkchoice(log, OWN[0]!, FORK);
    shows(log, OWN[0]!);
    call(log, 'engine_newPayloadV1', [payload(THREE)], { status: 'VALID' });
    forkchoice(log, THREE, FORK);
    const below = (await breaches(log)).filter((breach) => breach === 'I8 forkchoice 3: below the fence 4');
    expect(below).toHaveLength(2);
  });

  it('is a breach after a restart too where it goes to a block that is not on the chain of the final one', async () => {
    const log = finalAtFour();
    log.newSession();
    shows(log, OWN[1]!);
    forkchoice(log, OWN[0]!, FORK);
    expect(await breaches(log)).toContain('I8 forkchoice 3: below the fence 4');
  });
});

describe('a head that the EL called VALID before it started anew (I3)', () => {
  const NEVER_VALID = 'I3 forkchoice 5: head was never VALID';
  const FIVE = MAIN[5]!;

  function validAtFive(): WireLog {
    const log = finalAtFour();
    call(log, 'engine_newPayloadV1', [payload(FIVE)], { status: 'VALID' });
    log.newSession();
    return log;
  }

  it('is no breach right after that answer: nothing has shown the new start', async () => {
    const log = validAtFive();
    forkchoice(log, FIVE, FOUR);
    expect(await breaches(log)).toEqual([]);
  });

  it('is a breach once the EL was looked at', async () => {
    const log = validAtFive();
    shows(log, FOUR);
    forkchoice(log, FIVE, FOUR);
    expect(await breaches(log)).toContain(NEVER_VALID);
  });

  it('is a breach as the second write', async () => {
    const log = validAtFive();
    forkchoice(log, FOUR, FOUR);
    forkchoice(log, FIVE, FOUR);
    expect(await breaches(log)).toContain(NEVER_VALID);
  });
});
