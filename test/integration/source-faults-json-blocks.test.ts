import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { Episode } from '../rig/episode.js';
import type { AnswerFault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { foreignPayloads, repeatedPayloads } from './payload-checks.js';
import { changed, SpoiledBlocks } from './spoiled-blocks.js';

const RAW = 'debug_getRawBlock';
const BY_NUMBER = 'eth_getBlockByNumber';
const BY_HASH = 'eth_getBlockByHash';
const ANY_HASH = `0x${'22'.repeat(32)}`;

const WITHDRAWAL = { index: '0x1', validatorIndex: '0x1', address: `0x${'11'.repeat(20)}`, amount: '0x1' };

/** Its blocks hold no set-code transactions for a long time, which ethereumjs cannot show as JSON. */
const SEED = 'json-326';

let world: FollowWorld;
let lockstep: LockstepProcess;
let blocks: SpoiledBlocks;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: SEED });
  await world.rig.producer.produce(3);
  world.source.inject({ match: { method: RAW }, fault: { kind: 'rpc-error', code: -32601, message: 'no method' } });
  lockstep = await world.lockstep();
  await world.untilEqual();
  world.source.heal();
  blocks = new SpoiledBlocks(world, lockstep);
});

afterEach(() => world.source.heal());

afterAll(() => world.close());

describe('a source without raw blocks', () => {
  it('is asked for JSON from then on', async () => {
    const episode = new Episode(world, lockstep);
    await world.rig.producer.produce(4);
    await world.untilEqual();
    expect(episode.sourceCalls.filter(({ method }) => method === RAW)).toEqual([]);
  });
});

describe('a JSON block that does not hold together is refused and never reaches the EL (S19)', () => {
  it.each<[string, AnswerFault, string]>([
    ['another state root', changed('stateRoot', ANY_HASH), 'BLOCK_HASH_MISMATCH'],
    ['another extra data', changed('extraData', '0x1234'), 'BLOCK_HASH_MISMATCH'],
    ['another time', changed('timestamp', '0xffffffff'), 'BLOCK_HASH_MISMATCH'],
    ['another base fee', changed('baseFeePerGas', '0xffffff'), 'BLOCK_HASH_MISMATCH'],
    ['a hash that is not its own', changed('hash', ANY_HASH), 'BLOCK_HASH_MISMATCH'],
    ['a field of an unknown fork missing from it', changed('requestsHash', null), 'BLOCK_HASH_MISMATCH'],
    ['no gas used', changed('gasUsed', null), 'BLOCK_MALFORMED'],
    ['another value in a transaction', changed('transactions.0.value', '0x77'), 'BLOCK_ROOT_MISMATCH'],
    ['another signature', changed('transactions.1.r', ANY_HASH), 'BLOCK_ROOT_MISMATCH'],
    ['its transactions twice', changed('transactions', (old) => [old, old].flat()), 'BLOCK_ROOT_MISMATCH'],
    ['no transactions', changed('transactions', []), 'BLOCK_ROOT_MISMATCH'],
    ['a withdrawal more', changed('withdrawals', [WITHDRAWAL]), 'BLOCK_ROOT_MISMATCH'],
  ])('%s', async (_what, fault, code) => {
    expect(await blocks.refusalOf(fault, BY_NUMBER)).toMatchObject({ code });
  });

  it('at the head, where it was asked for by hash', async () => {
    const episode = new Episode(world, lockstep);
    world.source.inject({ match: { method: BY_HASH }, fault: changed('stateRoot', ANY_HASH) });
    await world.rig.producer.produce(1);
    const line = await episode.until({ msg: 'A block of the source was refused' });
    expect(line).toMatchObject({ code: 'BLOCK_HASH_MISMATCH', at: world.rig.producer.head.number });
    await blocks.mend();
  });

  it('with a transaction that JSON does not show in full, by name and at once', async () => {
    const line = await blocks.holdOver('block-rejected', changed('transactions.0.type', '0x4'), BY_NUMBER);
    expect(line).toMatchObject({ code: 'BLOCK_UNKNOWN_TRANSACTION' });
  });
});

describe('another block than the one that was asked for (S20)', () => {
  it('is an answer that is not taken', async () => {
    const episode = new Episode(world, lockstep);
    world.source.inject({ match: { method: BY_HASH }, fault: changed('hash', ANY_HASH) });
    await world.rig.producer.produce(1);
    expect(await episode.untilHolding('source-unavailable')).toMatchObject({ code: 'SOURCE_SCHEMA' });
    await blocks.mend();
  });
});

describe('what passed the engine port', () => {
  it('was blocks of the source alone, each once, and ordered single writes', async () => {
    expect(await foreignPayloads(world)).toEqual([]);
    expect(repeatedPayloads(world.engine.log)).toEqual([]);
    const rules = { blocksUrl: world.rig.follower.httpUrl };
    expect(await wireBreaches(world.engine.log, rules)).toEqual([]);
  });
});
