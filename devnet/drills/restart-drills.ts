import type { EndSignal } from '../stack/stack.js';
import { EVERYWHERE, WITH_OP_NODE, type Drill } from './drill.js';
import { divertFollower, emptyFollower, endMissed } from './follower.js';
import { slowPayloads, untilBeyond } from './engine-drills.js';
import { FOLLOWING, type Scene } from './scene.js';

const EL_AWAY_MS = 15_000;
const LOCKSTEP_AWAY_MS = 20_000;

export const RESTART_DRILLS: readonly Drill[] = [
  {
    name: 'restart-source',
    what: 'the source EL is ended by SIGTERM and started',
    kinds: EVERYWHERE,
    run: (scene) => restart(scene, 'source', 'SIGTERM'),
  },
  {
    name: 'restart-op-node',
    what: 'the consensus client of the source is ended by SIGKILL and started',
    kinds: WITH_OP_NODE,
    run: (scene) => restart(scene, 'op-node', 'SIGKILL'),
  },
  {
    name: 'restart-follower',
    what: 'the EL is ended by SIGTERM and started',
    kinds: EVERYWHERE,
    async run(scene) {
      await followerAway(scene, 'SIGTERM', 0);
    },
  },
  {
    name: 'follower-away',
    what: `the EL is away for ${EL_AWAY_MS / 1_000} s`,
    kinds: EVERYWHERE,
    async run(scene) {
      await followerAway(scene, 'SIGTERM', EL_AWAY_MS);
    },
  },
  {
    name: 'kill-follower',
    what: 'the EL is ended by SIGKILL and started',
    kinds: EVERYWHERE,
    async run(scene) {
      // A geth that never wrote its state comes back at genesis, where nobody outside can help an op-geth.
      await scene.endFollower('SIGTERM');
      await scene.startFollower();
      await scene.blocksMore(5);
      await followerAway(scene, 'SIGKILL', 0);
    },
  },
  {
    name: 'kill-lockstep',
    what: 'lockstep is ended by SIGKILL and started',
    kinds: EVERYWHERE,
    async run(scene) {
      await killLockstep(scene, 'while it follows');
      scene.lifted('it is started');
      await scene.untilLogged({ msg: FOLLOWING });
    },
  },
  {
    name: 'lockstep-away',
    what: `lockstep is away for ${LOCKSTEP_AWAY_MS / 1_000} s`,
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('lockstep is ended by SIGTERM');
      await scene.stopLockstep();
      await scene.keep(LOCKSTEP_AWAY_MS);
      await scene.startLockstep();
      scene.lifted('it is started');
    },
  },
  {
    name: 'kill-phases',
    what: 'lockstep is killed while it syncs an empty EL, and while it recovers from another branch',
    kinds: EVERYWHERE,
    fromGenesis: true,
    async run(scene) {
      const { unsafe } = await scene.devnet.sourceHeads();
      await scene.stopLockstep();
      await emptyFollower(scene);
      slowPayloads(scene, unsafe.number);
      await scene.startLockstep();
      await untilBeyond(scene, unsafe.number / 3);
      await killLockstep(scene, 'while it syncs');
      scene.engine.heal();
      await scene.untilLogged({ msg: FOLLOWING });
      await scene.stopLockstep();
      const { safe, finalized } = await scene.devnet.followerHeads();
      const labels = { safe: safe?.number ?? 0, finalized: finalized?.number ?? 0 };
      await divertFollower(scene, { depth: 0, length: 3, labels });
      await scene.blocksMore(5);
      await scene.startLockstep();
      await scene.untilLogged({ msg: 'The EL is on another branch than the source' });
      await killLockstep(scene, 'while it recovers');
      scene.lifted('it is started');
    },
  },
];

async function restart(scene: Scene, part: string, signal: EndSignal): Promise<void> {
  scene.fault(`${signal} for ${part}`);
  await scene.devnet.restart(part, signal);
  scene.lifted('it answers again');
}

async function followerAway(scene: Scene, signal: EndSignal, forMs: number): Promise<void> {
  scene.fault(`${signal} for the EL`);
  await endMissed(scene, signal);
  if (forMs > 0) {
    await scene.untilHolding('engine-unavailable');
    await scene.keep(forMs);
  }
  await scene.startFollower();
  scene.lifted('it answers again');
}

async function killLockstep(scene: Scene, when: string): Promise<void> {
  scene.fault(`SIGKILL for lockstep ${when}`);
  await scene.stopLockstep('SIGKILL');
  await scene.startLockstep();
}
