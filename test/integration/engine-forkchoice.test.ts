import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readRef } from '../../devnet/heads.js';
import type { LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { BlockRef } from '../../src/chain/block.js';
import { Episode } from '../rig/episode.js';
import { FakeEngine, payloadStatus, type FakeAnswer } from '../rig/fake-engine.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';

const FORKCHOICE = 'engine_forkchoiceUpdatedV3';
const answered = (status: string): FakeAnswer => ({
  result: { payloadStatus: payloadStatus(status, null), payloadId: null },
});

let world: FollowWorld;
let engine: FakeEngine;
let lockstep: LockstepProcess;

/** The EL is a fake: none of the real ones at hand answers a good forkchoice like this. */
beforeAll(async () => {
  world = await FollowWorld.start({ seed: 'forkchoice' });
  const genesis = await readRef(rpcClient(world.rig.source.httpUrl), 0);
  const secret = Buffer.from(readFileSync(world.jwtSecretFile, 'utf8').trim(), 'hex');
  engine = await FakeEngine.start(secret, [genesis!]);
  world.engine.useUpstreams(engine.url);
  await world.rig.producer.produce(8);
  // An EL that was killed gives the same signs as one that just does not move; its cure is none of this (test/els/kills).
  lockstep = await world.lockstep(['--recovery.synthetic', 'false']);
  await untilCalm();
});

afterEach(async () => {
  engine.forkchoiceMode = { kind: 'applies' };
  await untilCalm();
});

afterAll(async () => {
  await engine.close();
  await world.close();
});

function untilFollowed(): Promise<true> {
  const { producer } = world.rig;
  const followed = (): boolean =>
    engine.head.hash === producer.head.hash && engine.finalized === producer.labels.finalized?.hash;
  return waitUntil('the fake EL stands where the source does', followed, 20_000);
}

/** Followed, the hold is over, and nothing is left to be sent. */
async function untilCalm(): Promise<void> {
  await untilFollowed();
  await new Episode(world, lockstep).turns(3);
}

function forkchoicesTo({ hash }: BlockRef): number {
  return world.engine.log.forkchoices.filter(({ head }) => head === hash).length;
}

async function produceOne(): Promise<BlockRef> {
  const [block] = await world.rig.producer.produce(1);
  return block!;
}

describe('a forkchoice that is refused after its payload was VALID', () => {
  it.each(['SYNCING (E8)', 'INVALID (E10)'])(
    'advances nothing, is tried a few times, and is then held as stuck: %s',
    async (title) => {
      const [status = ''] = title.split(' ');
      const { head } = engine;
      // Labels that stand still leave no other forkchoice to send.
      const { safe, finalized } = world.rig.producer.labels;
      await world.rig.producer.setLabels({ safe: safe!.number, finalized: finalized!.number });
      engine.script(FORKCHOICE, ...new Array<FakeAnswer>(5).fill(answered(status)));
      const episode = new Episode(world, lockstep);
      const [missed] = await world.rig.producer.produce(3);
      const line = await episode.untilHolding('engine-stuck');
      expect(line).toMatchObject({
        at: missed!.number,
        answer: expect.stringMatching(new RegExp(`^${status}.*, (unmoved|labels-only)$`)),
      });
      expect(engine.head).toEqual(head);
      expect(forkchoicesTo(missed!)).toBe(5);
      expect(world.engine.log.payloads.at(-1)!.hash).toBe(missed!.hash);
      await untilFollowed();
      expect(forkchoicesTo(missed!)).toBe(6);
      await world.rig.producer.setLabels('trail');
    },
  );
});

describe('a forkchoice that is answered VALID and not carried out (E9)', () => {
  it.each(['never-moves', 'labels-only'] as const)('is repeated and then held as stuck: %s', async (kind) => {
    const { head } = engine;
    engine.forkchoiceMode = { kind };
    const episode = new Episode(world, lockstep);
    const block = await produceOne();
    const line = await episode.untilHolding('engine-stuck');
    expect(line).toMatchObject({ at: block.number, answer: expect.stringMatching(/^VALID, (unmoved|labels-only)$/) });
    expect(engine.head).toEqual(head);
    expect(world.engine.log.payloads.at(-1)!.hash).toBe(block.hash);
  });

  it('follows the head, and holds for the labels alone, when only the labels stay', async () => {
    const finalized = engine.finalized;
    engine.forkchoiceMode = { kind: 'head-never-labels' };
    const episode = new Episode(world, lockstep);
    const [, last] = await world.rig.producer.produce(2);
    expect(await episode.untilHolding('engine-stuck')).toMatchObject({ answer: 'VALID, head-only' });
    await episode.turns(10);
    expect(engine.head.hash).toBe(last!.hash);
    expect(engine.finalized).toBe(finalized);
    expect(episode.holds).toHaveLength(1);
    expect(episode.releases).toEqual([]);
  });

  it('goes on without a hold where the head moves at the second time', async () => {
    engine.forkchoiceMode = { kind: 'moves-at', call: 2 };
    const episode = new Episode(world, lockstep);
    await world.rig.producer.produce(2);
    await untilFollowed();
    expect(episode.holds).toEqual([]);
  });
});

describe('a forkchoice that is rejected after it moved the head (E11, geth#35713)', () => {
  it('is not sent again: lockstep looks and goes on from where the EL stands', async () => {
    engine.forkchoiceMode = { kind: 'rejects-after-moving' };
    const block = await produceOne();
    await waitUntil('the head moved', () => engine.head.hash === block.hash, 20_000);
    engine.forkchoiceMode = { kind: 'applies' };
    await untilFollowed();
    expect(world.engine.log.payloads.filter(({ hash }) => hash === block.hash)).toHaveLength(1);
  });
});

it('sent no write that it must not send, in all of this', async () => {
  expect(await wireBreaches(world.engine.log, { blocksUrl: world.rig.source.httpUrl })).toEqual([]);
});
