import type { JsonValue } from '../../src/util/json.js';
import { EVERYWHERE, type Drill } from './drill.js';
import { emptyFollower, endMissed, rotateSecret } from './follower.js';
import type { Scene } from './scene.js';

const PAYLOADS = /^engine_newPayloadV/;

/** The Engine API refuses a token that is 60 s off. */
const SKEW_MS = 120_000;

/** How long an empty EL takes to catch up when each payload is slowed for it. */
const SLOW_SYNC_MS = 15_000;

export const ENGINE_DRILLS: readonly Drill[] = [
  {
    name: 'engine-syncing',
    what: 'the EL answers SYNCING to every payload',
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('every payload is answered SYNCING');
      answerPayloads(scene, { status: 'SYNCING', latestValidHash: null, validationError: null });
      // For its own next block that is what an EL in snap mode says, where its profile knows such a mode.
      await scene.untilHolding('engine-stuck', 'engine-snap-sync');
      await scene.keep(3_000);
      scene.engine.heal();
      scene.lifted('the EL answers as it is');
    },
  },
  {
    name: 'engine-invalid',
    what: 'the EL calls a block INVALID, and is restarted by its operator',
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('every payload is answered INVALID');
      const { unsafe } = await scene.devnet.followerHeads();
      answerPayloads(scene, { status: 'INVALID', latestValidHash: unsafe.hash, validationError: 'as the drill says' });
      await scene.untilHolding('payload-refused');
      await scene.keep(3_000);
      scene.engine.heal();
      await endMissed(scene, 'SIGTERM');
      await scene.startFollower();
      scene.lifted('the EL is restarted and answers as it is');
    },
  },
  {
    name: 'jwt-rotated',
    what: 'the EL comes back with another secret, and lockstep is restarted with it later',
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('the EL has another secret than lockstep');
      await rotateSecret(scene);
      await scene.untilLogged({ code: 'ENGINE_AUTH' });
      await scene.keep(3_000);
      await scene.stopLockstep();
      await scene.startLockstep();
      scene.lifted('lockstep is started with the new secret');
    },
  },
  {
    name: 'clock-skew',
    what: 'the clock of the EL is two minutes off: its tokens are refused, and lockstep does not start',
    kinds: EVERYWHERE,
    async run(scene) {
      scene.fault('the EL refuses every token, and its clock is two minutes ahead');
      const date = new Date(Date.now() + SKEW_MS).toUTCString();
      scene.engine.inject({ match: {}, fault: { kind: 'strip-auth' } });
      scene.engine.inject({ match: {}, fault: { kind: 'headers', set: { date } } });
      await scene.untilHolding('engine-unavailable');
      await scene.stopLockstep();
      await scene.startLockstep();
      await scene.untilExit(77);
      await scene.untilLogged({ msg: 'lockstep cannot go on', code: 'CLOCK_SKEW' });
      scene.engine.heal();
      await scene.startLockstep();
      scene.lifted('the clock is right, and lockstep is started');
    },
  },
  {
    name: 'el-restart-mid-sync',
    what: 'the EL is restarted while an empty one is brought up',
    kinds: EVERYWHERE,
    fromGenesis: true,
    async run(scene) {
      const { unsafe } = await scene.devnet.sourceHeads();
      await scene.stopLockstep();
      await emptyFollower(scene);
      slowPayloads(scene, unsafe.number);
      await scene.startLockstep();
      await untilBeyond(scene, unsafe.number / 3);
      scene.fault('the EL is ended in the middle of the sync');
      await scene.endFollower('SIGTERM');
      await scene.startFollower();
      scene.engine.heal();
      scene.lifted('it answers again');
    },
  },
];

function answerPayloads(scene: Scene, value: JsonValue): void {
  scene.engine.inject({ match: { method: PAYLOADS }, fault: { kind: 'mutate', path: '', value } });
}

/** So that a sync of `blocks` blocks lasts long enough to do something in the middle of it. */
export function slowPayloads(scene: Scene, blocks: number): void {
  const ms = Math.ceil(SLOW_SYNC_MS / Math.max(1, blocks));
  scene.engine.inject({ match: { method: PAYLOADS }, fault: { kind: 'delay', ms, when: 'before' } });
}

export async function untilBeyond(scene: Scene, number: number): Promise<void> {
  const there = async (): Promise<boolean> => (await scene.devnet.followerHeads()).unsafe.number > number;
  await scene.until(`the EL is beyond ${Math.floor(number)}`, there);
}
