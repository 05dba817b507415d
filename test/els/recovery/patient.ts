import { isOpStack, type ElKind } from '../../../devnet/els/el.js';
import { readRef } from '../../../devnet/heads.js';
import type { Producer } from '../../../devnet/producer/producer.js';
import type { LockstepProcess } from '../../../devnet/rig/lockstep-process.js';
import { divert, type PrivateBranch } from '../../../devnet/rig/private-branch.js';
import { rpcClient } from '../../../devnet/rpc.js';
import { waitUntil } from '../../../devnet/wait-until.js';
import { Episode, textOf } from '../../rig/episode.js';
import type { Match } from '../../../devnet/proxy/faults.js';
import { FollowWorld } from '../../rig/follow-world.js';
import { replayInto } from '../../../devnet/rig/replay.js';
import { untilHealed } from '../../rig/until-healed.js';
import { wireBreaches } from '../../rig/wire-rules.js';
import { caseName, type Recovery, type RecoveryCase } from './case.js';
import { recoveryIn } from './timeline.js';

/** The labels of the source stand still, so that a branch may leave anywhere above them. */
const LABELS = { safe: 12, finalized: 8 };
const START_BLOCKS = 16;
const CHAIN = { seed: 'recovery', txsPerBlock: 1, safeDistance: 3, finalizedDistance: 6, blockTimeMs: 1_000 };

/** How far the source goes on from the ancestor, before and during a recovery. */
const AHEAD_BLOCKS = 5;
const LATER_BLOCKS = 2;

/** The slowest rung: op-geth writes up to 25 ms for each block below its window (engines-measured 1.2). */
const HEAL_DEADLINE_MS = 180_000;

/** What a plan is made of; the check at the start of lockstep reads one block by its hash. */
const PLANNED: Match = {
  method: 'debug_getRawBlock',
  where: ({ params: [id] }) => typeof id === 'string' && id.length < 66,
};

/** An EL that is led astray again and again, beside a source of its kind, and a lockstep for each time. */
export class Patient {
  #branches = 100;

  private constructor(
    readonly kind: ElKind,
    private readonly world: FollowWorld,
  ) {}

  static async start(kind: ElKind, followerFlags: readonly string[] = []): Promise<Patient> {
    const source = isOpStack(kind) ? 'op-geth' : 'geth';
    const world = await FollowWorld.start({ ...CHAIN, source, follower: kind, followerFlags, persistent: true });
    try {
      const { producer, source: sourceEl, follower } = world.rig;
      await producer.produce(START_BLOCKS);
      await producer.setLabels(LABELS);
      await replayInto(follower, sourceEl.httpUrl, { head: START_BLOCKS, ...LABELS });
      return new Patient(kind, world);
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Leads the EL astray and sees lockstep bring it back. @throws Error when it does not, or breaks a rule on the way. */
  async recover(given: RecoveryCase): Promise<Recovery> {
    const { engine, source } = this.world;
    engine.log.clearToLook();
    source.log.clear();
    if (given.executed) await this.#level(given.depth);
    const branch = await this.#divert(given);
    if (given.source !== 'at ancestor' && !given.executed) await this.#producer.produce(AHEAD_BLOCKS);
    const lockstep = await this.world.lockstep();
    try {
      if (given.source === 'at ancestor') await this.#standStill(lockstep, branch);
      if (given.source === 'falls back') await this.#fallBack(lockstep, branch);
      await untilHealed(this.world, lockstep, HEAL_DEADLINE_MS);
      const healedAtMs = Date.now();
      await this.#verify(branch, given);
      return recoveryIn(lockstep.log(), source.log, healedAtMs);
    } finally {
      source.heal();
      await lockstep.stop();
    }
  }

  /** Leads the EL astray where lockstep cannot, or must not, bring it back; returns lockstep's reason to hold. */
  async holdReason(place: {
    readonly depth: number;
    readonly finalized: boolean;
  }): Promise<Readonly<Record<string, unknown>>> {
    const { engine } = this.world;
    engine.log.clearToLook();
    const { number } = this.#producer.head;
    const labels = place.finalized ? { safe: number + place.depth, finalized: number + place.depth } : 'keep';
    const branch = await this.#branch({ depth: 0, length: place.depth, labels });
    await this.#producer.produce(place.depth + AHEAD_BLOCKS);
    const lockstep = await this.world.lockstep();
    try {
      const episode = new Episode(this.world, lockstep);
      const reasons = ['finalized-divergence', 'recovery-failed'];
      const held = await waitUntil(
        'lockstep gives up',
        () => episode.holds.find((line) => reasons.includes(textOf(line, 'reason'))),
        HEAL_DEADLINE_MS,
      );
      const { unsafe } = await this.world.rig.heads('follower');
      if (unsafe.hash !== branch.tip.hash) throw new Error(`the EL was moved to ${unsafe.number}`);
      await this.#obeyed('a hold');
      return held;
    } finally {
      await lockstep.stop();
    }
  }

  close(): Promise<void> {
    return this.world.close();
  }

  get #producer(): Producer {
    return this.world.rig.producer;
  }

  /** Both sides at a head that is so many blocks higher. */
  async #level(blocks: number): Promise<void> {
    const { follower, source } = this.world.rig;
    await this.#producer.produce(blocks);
    await replayInto(follower, source.httpUrl, { head: this.#producer.head.number, ...LABELS });
  }

  #divert({ depth, labels, executed }: RecoveryCase): Promise<PrivateBranch> {
    const ancestor = this.#producer.head.number - (executed ? depth : 0);
    const policy = labels === 'branch' ? { safe: ancestor + 1, finalized: LABELS.finalized } : 'keep';
    const place = executed ? { depth, length: depth + 1 } : { depth: 0, length: depth };
    return this.#branch({ ...place, labels: policy });
  }

  #branch(place: Pick<Parameters<typeof divert>[2], 'depth' | 'length' | 'labels'>): Promise<PrivateBranch> {
    this.#branches += 10;
    return divert(this.world.rig.follower, CHAIN, { ...place, branch: this.#branches });
  }

  /** The tip of the source is an ancestor of the EL's head: lockstep leaves that alone until the source goes on. */
  async #standStill(lockstep: LockstepProcess, branch: PrivateBranch): Promise<void> {
    const episode = new Episode(this.world, lockstep);
    await episode.turns(4);
    const { unsafe } = await this.world.rig.heads('follower');
    if (unsafe.hash !== branch.tip.hash) throw new Error(`the EL was moved to ${unsafe.number} for no reason`);
    if (episode.holds.length > 0) throw new Error(`lockstep holds: ${JSON.stringify(episode.holds)}`);
    await this.#producer.produce(LATER_BLOCKS);
  }

  /** While the bodies of the source cannot be read, so that nothing can have happened yet. */
  async #fallBack(lockstep: LockstepProcess, branch: PrivateBranch): Promise<void> {
    const { source } = this.world;
    const episode = new Episode(this.world, lockstep);
    source.inject({ match: PLANNED, fault: { kind: 'status', code: 503 } });
    await episode.until({ msg: 'The EL is on another branch than the source' });
    await this.#producer.rewind(branch.ancestor.number);
    source.heal();
    await episode.turns(6);
    await this.#producer.produce(LATER_BLOCKS);
  }

  async #verify({ ancestor }: PrivateBranch, given: RecoveryCase): Promise<void> {
    const { source, follower } = this.world.rig;
    for (const number of [ancestor.number, ancestor.number + 1, this.#producer.head.number]) {
      const [theirs, own] = await Promise.all(
        [source, follower].map(({ httpUrl }) => readRef(rpcClient(httpUrl), number)),
      );
      if (theirs?.hash !== own?.hash)
        throw new Error(`block ${number} is ${own?.hash ?? 'missing'}, not ${theirs?.hash ?? ''}`);
    }
    await this.#obeyed(caseName(given));
  }

  async #obeyed(what: string): Promise<void> {
    const breaches = await wireBreaches(this.world.engine.log, this.world.recoveryRules);
    if (breaches.length > 0) throw new Error(`${what}: ${breaches.join('\n')}`);
  }
}
