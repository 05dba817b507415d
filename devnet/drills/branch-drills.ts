import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockRef } from '../../src/chain/block.js';
import { EVERYWHERE, type Drill } from './drill.js';
import { depthAboveFinalized, divertFollower, emptyFollower, replayWithoutLabels, rewindFollower } from './follower.js';
import type { Scene } from './scene.js';

const DIVERGED = { msg: 'The EL is on another branch than the source' };
const REWIND_BLOCKS = 10;
const SIBLING_DEPTH = 12;

export const BRANCH_DRILLS: readonly Drill[] = [
  {
    name: 'el-empty',
    what: 'the EL is initialised anew while lockstep runs',
    kinds: EVERYWHERE,
    fromGenesis: true,
    async run(scene) {
      scene.fault('the EL loses its database');
      await emptyFollower(scene);
      scene.lifted('it answers, at genesis');
    },
  },
  {
    name: 'el-without-labels',
    what: 'the EL has the blocks of the source, and neither safe nor finalized',
    kinds: EVERYWHERE,
    fromGenesis: true,
    async run(scene) {
      const { unsafe } = await scene.devnet.sourceHeads();
      await scene.stopLockstep();
      scene.fault('the EL is initialised anew and given blocks without labels');
      await emptyFollower(scene);
      await replayWithoutLabels(scene, unsafe.number);
      scene.note('marker', `the EL stands at ${unsafe.number} without labels`);
      await scene.startLockstep();
      scene.lifted('lockstep is started');
    },
  },
  {
    name: 'el-rewound',
    what: `the head of the EL is set ${REWIND_BLOCKS} blocks back`,
    kinds: EVERYWHERE,
    followers: ['ethereumjs', 'geth', 'op-geth'],
    async run(scene) {
      const heads = await scene.devnet.followerHeads();
      const to = heads.unsafe.number - depthAboveFinalized(heads, REWIND_BLOCKS);
      scene.fault(`the head of the EL is set from ${heads.unsafe.number} to ${to}`);
      await rewindFollower(scene, to);
      scene.lifted('it stands there');
    },
  },
  {
    name: 'branch-bodies-missing',
    what: 'the EL grew 4 blocks of its own, safe is one of them, and it lacks the bodies of the source',
    kinds: EVERYWHERE,
    async run(scene) {
      await scene.stopLockstep();
      const { unsafe, finalized } = await scene.devnet.followerHeads();
      scene.fault('the EL goes on with blocks of its own');
      const labels = { safe: unsafe.number + 2, finalized: finalized?.number ?? 0 };
      await divertFollower(scene, { depth: 0, length: 4, labels });
      await scene.blocksMore(6);
      await scene.startLockstep();
      scene.lifted('lockstep is started');
      await scene.untilLogged(DIVERGED);
    },
  },
  {
    name: 'branch-deep',
    what: `the EL left the chain of the source up to ${SIBLING_DEPTH} blocks below its head, and safe is on the branch`,
    kinds: EVERYWHERE,
    async run(scene) {
      await scene.stopLockstep();
      const heads = await scene.devnet.followerHeads();
      const depth = depthAboveFinalized(heads, SIBLING_DEPTH);
      const labels = { safe: heads.unsafe.number - depth + 3, finalized: heads.finalized?.number ?? 0 };
      scene.fault(`the EL leaves the chain ${depth} blocks below its head`);
      await divertFollower(scene, { depth, length: depth + 1, labels });
      await scene.blocksMore(2);
      await scene.startLockstep();
      scene.lifted('lockstep is started');
      await scene.untilLogged(DIVERGED);
    },
  },
  {
    name: 'finalized-mismatch',
    what: 'a block of the EL that the source does not have is final: lockstep holds, or exits with 80, and moves nothing',
    kinds: EVERYWHERE,
    fromGenesis: true,
    async run(scene) {
      await scene.stopLockstep();
      const { unsafe } = await scene.devnet.followerHeads();
      scene.fault('the EL finalizes blocks of its own');
      const labels = { safe: unsafe.number + 4, finalized: unsafe.number + 3 };
      const { tip } = await divertFollower(scene, { depth: 0, length: 6, labels });
      await scene.blocksMore(8);
      scene.engine.log.clear();
      await scene.startLockstep();
      await scene.untilHolding('finalized-divergence');
      await scene.keep(5_000);
      await scene.stopLockstep();
      await scene.startLockstep(['--halt-on-finalized-divergence']);
      await scene.untilExit(80);
      await requireUnmoved(scene, tip);
      // What the runbook says when the EL is the one that is wrong. The journal remembers its finalized block.
      rmSync(join(scene.folder, 'lockstep'), { recursive: true, force: true });
      await emptyFollower(scene);
      await scene.startLockstep();
      scene.lifted('a person initialises the EL anew and removes the journal');
    },
  },
];

async function requireUnmoved(scene: Scene, tip: BlockRef): Promise<void> {
  const { unsafe, finalized } = await scene.devnet.followerHeads();
  if (unsafe.hash !== tip.hash) throw new Error(`the EL was moved to ${unsafe.number}`);
  const others = scene.engine.log.forkchoices.filter((sent) => sent.finalized !== finalized?.hash);
  if (others.length > 0) throw new Error(`${others.length} forkchoices named another finalized block`);
  scene.note('marker', 'the EL was not moved, and no forkchoice named another finalized block');
}
