import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../devnet/wait-until.js';
import { ExtraFollower } from '../rig/extra-follower.js';
import { FollowWorld } from '../rig/follow-world.js';
import { wireBreaches } from '../rig/wire-rules.js';
import { opKindsAtHand } from './op-kinds.js';

/** The first start may have to build op-geth. */
const START_TIMEOUT_MS = 900_000;
const FOLLOW_TIMEOUT_MS = 120_000;
const BLOCKS = 1_000;

/** How many blocks pass while something restarts. */
const BLOCKS_MEANWHILE = 24;

let world: FollowWorld;

beforeAll(async () => {
  const chain = { seed: 'op-follow', source: 'op-geth', follower: 'op-geth', txsPerBlock: 1 } as const;
  world = await FollowWorld.start({ ...chain, blockTimeMs: 150, safeDistance: 5, finalizedDistance: 10 });
  await world.rig.producer.produce(BLOCKS);
}, START_TIMEOUT_MS);

afterAll(() => world.close());

/** Blocks at a steady pace; what is restarted half way through misses some. */
async function whileBlocksCome(restart: () => Promise<unknown>): Promise<void> {
  const { producer } = world.rig;
  const last = producer.head.number + BLOCKS_MEANWHILE;
  producer.start(BLOCKS_MEANWHILE);
  await waitUntil('half of the blocks', () => producer.head.number >= last - BLOCKS_MEANWHILE / 2, FOLLOW_TIMEOUT_MS);
  await restart();
  await waitUntil('the other half', () => producer.head.number === last, FOLLOW_TIMEOUT_MS);
  await producer.stop();
}

describe.each(await opKindsAtHand())('lockstep beside %s, with an op-geth as the source', (kind) => {
  let follower: ExtraFollower;

  beforeAll(async () => {
    follower = await ExtraFollower.start(world, kind, `restarted-${kind}`);
  }, START_TIMEOUT_MS);

  afterAll(() => follower.close());

  const rules = () => ({ blocksUrl: world.rig.source.httpUrl });

  it(
    'brings an empty EL to the head, safe and finalized of a chain of 1,000 blocks',
    async () => {
      await follower.startLockstep();
      await follower.untilEqual(FOLLOW_TIMEOUT_MS);
      const { payloads } = follower.engine.log;
      const { number: head } = world.rig.producer.head;
      expect(payloads.map(({ number }) => Number(number))).toEqual(Array.from({ length: head }, (_, i) => i + 1));
      expect(payloads.every(({ status }) => status === 'VALID')).toBe(true);
      expect(await wireBreaches(follower.engine.log, rules())).toEqual([]);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it(
    'follows on after a clean restart of the EL in the middle of a run',
    async () => {
      await whileBlocksCome(() => follower.restartEl());
      await follower.untilEqual(FOLLOW_TIMEOUT_MS);
      // op-reth loses some blocks even then, op-geth its safe label (engines-measured 3.5, 2.D).
      expect(await wireBreaches(follower.engine.log, rules())).toEqual([]);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it(
    'brings head and labels back after a clean restart of the EL while the source stands still',
    async () => {
      await follower.restartEl();
      await follower.untilEqual(FOLLOW_TIMEOUT_MS);
    },
    FOLLOW_TIMEOUT_MS,
  );

  it(
    'follows on when lockstep itself is killed in the middle of a run and started again',
    async () => {
      await whileBlocksCome(() => follower.restartLockstep());
      await follower.untilEqual(FOLLOW_TIMEOUT_MS);
      expect(await wireBreaches(follower.engine.log, rules())).toEqual([]);
    },
    FOLLOW_TIMEOUT_MS,
  );
});
