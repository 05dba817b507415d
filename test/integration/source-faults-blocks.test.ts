import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { encodeDecoded, FIELD } from '../payload/sealed-block.js';
import { decodeBlock, type DecodedBlock } from '../payload/vectors.js';
import { Episode, textOf } from '../rig/episode.js';
import type { AnswerFault } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { foreignPayloads, repeatedPayloads } from './payload-checks.js';
import { changed, changedText, SpoiledBlocks } from './spoiled-blocks.js';

const RAW = 'debug_getRawBlock';
const BY_NUMBER = 'eth_getBlockByNumber';
const ANY_HASH = `0x${'22'.repeat(32)}`;
const ANYBODY = `0x${'11'.repeat(20)}`;

let world: FollowWorld;
let lockstep: LockstepProcess;
let blocks: SpoiledBlocks;

beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'blocks' });
  await world.rig.producer.produce(3);
  lockstep = await world.lockstep();
  await world.untilEqual();
  blocks = new SpoiledBlocks(world, lockstep);
});

afterEach(() => world.source.heal());

afterAll(() => world.close());

function reencoded(change: (block: DecodedBlock) => void): AnswerFault {
  return changedText((old) => {
    const block = decodeBlock(old);
    change(block);
    return encodeDecoded(block);
  });
}

function withHeader(field: number, value: string): AnswerFault {
  return reencoded(([header]) => (header[field] = value));
}

describe('a raw block that does not hold together is refused and never reaches the EL (S19)', () => {
  it.each<[string, AnswerFault, string]>([
    ['another height', withHeader(FIELD.number, '0x77'), 'BLOCK_HASH_MISMATCH'],
    ['a transaction less', reencoded(([, transactions]) => transactions.pop()), 'BLOCK_ROOT_MISMATCH'],
    ['another transactions root', withHeader(FIELD.transactionsRoot, ANY_HASH), 'BLOCK_ROOT_MISMATCH'],
    ['a withdrawal more', reencoded(([, , , list]) => list?.push(['0x', '0x', ANYBODY, '0x'])), 'BLOCK_ROOT_MISMATCH'],
    ['an ommer', reencoded(([header, , ommers]) => ommers.push(header)), 'BLOCK_ROOT_MISMATCH'],
    ['its end missing', changedText((old) => old.slice(0, 400)), 'BLOCK_MALFORMED'],
    ['text that is not hex', changedText((old) => `${old.slice(0, -2)}zz`), 'BLOCK_MALFORMED'],
    ['proof of work', withHeader(FIELD.difficulty, '0x01'), 'BLOCK_NOT_REPLAYABLE'],
    ['a far future (S25)', withHeader(FIELD.timestamp, '0xffffffffff'), 'BLOCK_MALFORMED'],
    ['a time before its parent', withHeader(FIELD.timestamp, '0x01'), 'BLOCK_LINK_MISMATCH'],
  ])('%s', async (_what, fault, code) => {
    expect(await blocks.refusalOf(fault, RAW)).toMatchObject({ code });
  });

  it('is waited for with the reason named, when it stays so', async () => {
    const line = await blocks.holdOver('block-rejected', withHeader(FIELD.number, '0x77'), RAW);
    expect(line).toMatchObject({ code: 'BLOCK_HASH_MISMATCH' });
  });
});

describe('a header of a fork that is not known here (S26)', () => {
  it.each([
    ['the next fork', [ANY_HASH], 'block access list (Amsterdam)'],
    ['a fork after it', [ANY_HASH, '0x01', '0x01'], '24 fields'],
  ])('%s holds by name, at once', async (_what, fields, named) => {
    const fault = reencoded(([header]) => header.push(...fields));
    const line = await blocks.holdOver('block-rejected', fault, RAW);
    expect(line).toMatchObject({ code: 'BLOCK_UNSUPPORTED_FORK' });
    expect(textOf(line, 'err')).toContain(named);
  });
});

describe('a sound block that does not connect its neighbours (S20)', () => {
  it('never reaches the EL when it has another parent', async () => {
    await blocks.holdOver('source-gap', withHeader(FIELD.parentHash, ANY_HASH), RAW);
  });

  it('never reaches the EL when the block after it has another parent', async () => {
    const line = await blocks.holdOver('source-gap', withHeader(FIELD.extraData, '0x1234'), RAW);
    expect(line).toMatchObject({ at: world.rig.producer.head.number });
  });
});

describe('a block that the source does not have although its head is above (S23, A3)', () => {
  it.each<[string, AnswerFault, string]>([
    ['absent', { kind: 'null-result' }, 'false'],
    ['pruned', { kind: 'rpc-error', code: 4444, message: 'pruned history unavailable' }, 'true'],
  ])('%s: waits at the block before it, then goes on', async (_what, fault, pruned) => {
    expect(await blocks.holdOver('source-gap', fault, RAW, BY_NUMBER)).toMatchObject({ pruned });
  });
});

describe('a head that is far above every block (S25)', () => {
  it('is followed as far as there are blocks', async () => {
    const episode = new Episode(world, lockstep);
    const real = world.rig.producer.head.number + 2;
    const match = { method: BY_NUMBER, tag: 'latest' };
    world.source.inject({ match, fault: changed('number', `0x${(real + 1_000_000).toString(16)}`) });
    await world.rig.producer.produce(2);
    const line = await episode.untilHolding('source-gap');
    expect(line).toMatchObject({ at: real + 1 });
    expect(await world.localHead()).toBe(real);
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
