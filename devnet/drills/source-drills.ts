import type { WireRequest } from '../proxy/faults.js';
import { EVERYWHERE, WITH_PRODUCER, type Drill } from './drill.js';
import { emptyFollower } from './follower.js';
import { FOLLOWING, type Scene } from './scene.js';

const REORG_BLOCKS = 4;
const LAG_BLOCKS = 8;

/** Means 2 s; one after the other, a second each. */
const DELAYS_MS = [2_000, 1_200, 2_800, 1_600, 2_400];

const DIVERGED = { msg: 'The EL is on another branch than the source' };

export const SOURCE_DRILLS: readonly Drill[] = [
  {
    name: 'source-down',
    what: 'nothing listens at the source for a minute',
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('the source refuses connections');
      for (const proxy of scene.sourceSide) await proxy.down();
      await scene.untilHolding('source-unavailable');
      await scene.keep(60_000);
      for (const proxy of scene.sourceSide) await proxy.up();
      scene.lifted('it listens again');
      await scene.untilReleased('source-unavailable');
    },
  },
  {
    name: 'source-errors',
    what: 'the source answers everything with HTTP 429, then with 503',
    kinds: EVERYWHERE,
    async run(scene) {
      for (const code of [429, 503]) {
        scene.fault(`the source answers ${code}`);
        for (const proxy of scene.sourceSide) {
          proxy.heal();
          proxy.inject({ match: {}, fault: { kind: 'status', code } });
        }
        if (code === 429) await scene.untilHolding('source-unavailable');
        await scene.keep(8_000);
      }
      healSource(scene);
      scene.lifted('it answers');
      await scene.untilReleased('source-unavailable');
    },
  },
  {
    name: 'source-slow',
    what: 'every answer of the source takes 1.2 to 2.8 s',
    kinds: EVERYWHERE,
    async run(scene) {
      const before = await scene.devnet.followerHeads();
      scene.fault('the source is slow');
      for (let second = 0; second < 20; second++) {
        healSource(scene);
        const ms = DELAYS_MS[second % DELAYS_MS.length] ?? 0;
        for (const proxy of scene.sourceSide) proxy.inject({ match: {}, fault: { kind: 'delay', ms, when: 'before' } });
        await scene.keep(1_000);
      }
      await untilAt(scene, before.unsafe.number + 8);
      healSource(scene);
      scene.lifted('it is quick');
    },
  },
  {
    name: 'source-half-open',
    what: 'the source takes connections and requests, and never answers',
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('the source hangs');
      for (const proxy of scene.sourceSide) proxy.inject({ match: {}, fault: { kind: 'hang', applied: false } });
      await scene.untilHolding('source-unavailable');
      await scene.keep(5_000);
      healSource(scene);
      scene.lifted('it answers');
      await scene.untilReleased('source-unavailable');
    },
  },
  {
    name: 'source-replicas',
    what: 'two replicas take turns as the source; one is 3 blocks behind, and its labels 6',
    kinds: EVERYWHERE,
    async run(scene) {
      const before = await scene.devnet.followerHeads();
      const url = scene.devnet.url('source', 'http');
      const replica = await scene.replica();
      replica.rewind({ latest: 3, safe: 6, finalized: 6 });
      scene.fault('every other answer is of a node that lags');
      scene.source.useUpstreams(url, replica.url);
      await untilAt(scene, before.unsafe.number + 10);
      await scene.until('the replica was asked 20 times', () => replica.log.exchanges >= 20);
      scene.source.useUpstreams(url);
      scene.lifted('one node answers');
    },
  },
  {
    name: 'source-behind',
    what: `the source shows a chain that is ${LAG_BLOCKS} blocks shorter, safe and finalized too`,
    kinds: WITH_PRODUCER,
    async run(scene) {
      const before = await scene.devnet.followerHeads();
      scene.fault(`the source is ${LAG_BLOCKS} blocks behind`);
      scene.source.rewind({ latest: LAG_BLOCKS, safe: LAG_BLOCKS, finalized: LAG_BLOCKS });
      await scene.keep(5_000);
      const { unsafe } = await scene.devnet.followerHeads();
      if (unsafe.number < before.unsafe.number) throw new Error(`the EL was taken back to ${unsafe.number}`);
      scene.note('marker', `the EL stays at ${unsafe.number}`);
      scene.source.heal();
      scene.lifted('it has caught up');
    },
  },
  {
    name: 'source-gap',
    what: 'the EL is empty, and the source has pruned the old blocks',
    kinds: EVERYWHERE,
    fromGenesis: true,
    async run(scene) {
      const { finalized } = await scene.devnet.sourceHeads();
      const last = Math.max(1, finalized?.number ?? 0);
      await scene.stopLockstep();
      scene.fault(`the EL is initialised anew, the source has no blocks 1 to ${last}`);
      scene.source.inject({ match: { where: (request) => asksUpTo(request, last) }, fault: { kind: 'null-result' } });
      await emptyFollower(scene);
      await scene.startLockstep();
      await scene.untilHolding('source-gap');
      await scene.keep(3_000);
      scene.source.heal();
      scene.lifted('the source has them');
      await scene.untilReleased('source-gap');
    },
  },
  {
    name: 'source-reorg',
    what: `the source replaces its newest ${REORG_BLOCKS} blocks`,
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault(`the source leaves its newest ${REORG_BLOCKS} blocks`);
      await scene.devnet.reorg(REORG_BLOCKS);
      scene.lifted('it goes on from others');
      await scene.untilLogged(DIVERGED);
    },
  },
  {
    name: 'fresh-genesis',
    what: 'both sides stand at genesis, and the source then shows its chain',
    kinds: WITH_PRODUCER,
    fromGenesis: true,
    async run(scene) {
      await scene.stopLockstep();
      scene.fault('both sides are at genesis');
      scene.source.rewind({ latest: Number.MAX_SAFE_INTEGER });
      await emptyFollower(scene);
      scene.engine.log.clear();
      await scene.startLockstep();
      await scene.untilLogged({ msg: FOLLOWING });
      await scene.keep(3_000);
      const sent = scene.engine.log.forkchoices.length;
      if (sent > 0) throw new Error(`${sent} forkchoices were sent to an EL at genesis`);
      scene.source.heal();
      scene.lifted('the source shows its chain');
    },
  },
];

function healSource(scene: Scene): void {
  for (const proxy of scene.sourceSide) proxy.heal();
}

async function untilAt(scene: Scene, number: number): Promise<void> {
  const there = async (): Promise<boolean> => (await scene.devnet.followerHeads()).unsafe.number >= number;
  await scene.until(`the EL is at ${number} all the same`, there);
}

/** Whether it asks for a block by a height from 1 to `last`. */
function asksUpTo({ params: [param] }: WireRequest, last: number): boolean {
  const height = typeof param === 'string' && /^0x[0-9a-f]{1,14}$/.test(param) ? Number(param) : 0;
  return height >= 1 && height <= last;
}
