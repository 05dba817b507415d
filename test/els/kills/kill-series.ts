import { setTimeout as wait } from 'node:timers/promises';
import { random, type Random } from '../../../devnet/producer/random.js';
import type { LockstepProcess } from '../../../devnet/rig/lockstep-process.js';
import { Episode, textOf } from '../../rig/episode.js';
import { FollowWorld } from '../../rig/follow-world.js';
import { isHealed, untilHealed, untilOutcome } from '../../rig/until-healed.js';
import { wireBreaches } from '../../rig/wire-rules.js';
import type { Crash } from './crash.js';

export type KilledKind = 'geth' | 'op-geth';

const CHAIN = { txsPerBlock: 2, safeDistance: 5, finalizedDistance: 10, blockTimeMs: 25, persistent: true } as const;

/** Blocks on both sides before the first kill. */
const FIRST_BLOCKS = 40;

/** How long blocks come before a kill. */
const MIN_LIFE_MS = 500;
const MAX_LIFE_MS = 5_000;

/** One kill in so many follows a clean stop of its own. */
const CLEAN_STOP_EVERY = 3;

const HEAL_DEADLINE_MS = 240_000;
const CLEARED = 'The EL maps old blocks above its head, as after a kill: they are cleared';

/** A hold of such a reason that is as old as this does not end by itself. */
const LASTING_HOLD_MS = 30_000;

/** The reasons that tell of a database which cannot be mended through the engine port. */
const LASTING = ['engine-stuck', 'engine-snap-sync', 'engine-unfit', 'recovery-failed'];

/** Kills of one EL that lockstep follows with, on one chain that grows. */
export class KillSeries {
  readonly #random: Random;

  private constructor(
    private readonly world: FollowWorld,
    private readonly lockstep: LockstepProcess,
    seed: string,
  ) {
    this.#random = random(seed);
  }

  /** `cleanStop`: the EL was stopped by SIGTERM once, so that it has something to come back to. */
  static async start(kind: KilledKind, seed: string, cleanStop: boolean): Promise<KillSeries> {
    const world = await FollowWorld.start({ ...CHAIN, seed: `kills-${seed}`, source: kind, follower: kind });
    try {
      if (cleanStop) await world.rig.producer.produce(FIRST_BLOCKS);
      else await world.rig.producer.produce(1);
      const lockstep = await world.lockstep();
      await untilHealed(world, lockstep, HEAL_DEADLINE_MS);
      const series = new KillSeries(world, lockstep, seed);
      if (cleanStop) await series.#stopCleanly();
      return series;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** @throws Error when lockstep breaks a rule, ends, or neither heals nor holds for a reason that lasts. */
  async kill(): Promise<Crash> {
    const { rig, engine } = this.world;
    if (this.#random.integer(CLEAN_STOP_EVERY) === 0) await this.#stopCleanly();
    engine.log.clearToLook();
    const episode = new Episode(this.world, this.lockstep);
    rig.producer.start();
    await wait(MIN_LIFE_MS + this.#random.integer(MAX_LIFE_MS - MIN_LIFE_MS));
    const before = await rig.heads('follower');
    await engine.down();
    await rig.restartFollower('SIGKILL');
    await rig.producer.stop();
    const after = await rig.heads('follower');
    const upAtMs = Date.now();
    await engine.up();
    const hold = await this.#outcome(episode);
    const cleared = episode.lines({ msg: CLEARED }).length;
    const breaches = await wireBreaches(engine.log, this.world.recoveryRules);
    if (breaches.length > 0) throw new Error(`rules were broken:\n${breaches.join('\n')}`);
    const { safe, finalized } = after;
    return {
      before: before.unsafe.number,
      after: after.unsafe.number,
      labels: { safe: safe?.number ?? null, finalized: finalized?.number ?? null },
      wedged: cleared > 0,
      cleared,
      healMs: hold === null ? Date.now() - upAtMs : null,
      hold,
    };
  }

  close(): Promise<void> {
    return this.world.close();
  }

  /** Null when both sides are equal again, else why lockstep holds for good. */
  async #outcome(episode: Episode): Promise<string | null> {
    const outcome = async (): Promise<{ readonly hold: string | null } | null> => {
      if (await isHealed(this.world)) return { hold: null };
      const { holds, releases } = episode;
      const last = holds.at(-1);
      const reason = textOf(last, 'reason');
      const lasts = Date.now() - Date.parse(textOf(last, 't')) > LASTING_HOLD_MS;
      return holds.length > releases.length && LASTING.includes(reason) && lasts ? { hold: reason } : null;
    };
    const { hold } = await untilOutcome('it heals or holds', outcome, this.lockstep, HEAL_DEADLINE_MS);
    return hold;
  }

  async #stopCleanly(): Promise<void> {
    await this.world.rig.restartFollower('SIGTERM');
    await untilHealed(this.world, this.lockstep, HEAL_DEADLINE_MS);
  }
}
