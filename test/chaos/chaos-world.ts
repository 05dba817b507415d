import { isOpStack, type ElKind } from '../../devnet/els/el.js';
import { divert } from '../../devnet/rig/private-branch.js';
import { waitUntil } from '../../devnet/wait-until.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import type { ExchangeFault, Match } from '../../devnet/proxy/faults.js';
import { FollowWorld } from '../rig/follow-world.js';
import { Relay } from '../rig/relay.js';
import { isHealed, lastLines } from '../rig/until-healed.js';
import { SupervisedLockstep } from './supervised-lockstep.js';

const CHAIN = { txsPerBlock: 2, safeDistance: 10, finalizedDistance: 24, blockTimeMs: 500, persistent: true } as const;

/** Deeper than any incident goes below the head, so that nothing final is contradicted. */
const FIRST_BLOCKS = 40;
const START_DEADLINE_MS = 120_000;

/** Short, so that a run does not wait for what it is not about. */
const FLAGS = [
  ...['--recovery.cooldown', '1s', '--boot-timeout', '20s', '--l2.engine-timeout', '5s'],
  ...['--l2.follow.source.rpc-timeout', '2s'],
];

/** Source, EL and lockstep as processes of their own, with everything that can befall them. */
export class ChaosWorld {
  readonly lockstep: SupervisedLockstep;
  #branches = 1_000;

  private constructor(
    readonly world: FollowWorld,
    /** A second replica of the source, for a source that is a load balancer. */
    readonly replica: FaultProxy,
    private readonly relay: Relay,
    private readonly seed: string,
  ) {
    this.lockstep = new SupervisedLockstep(() => world.lockstep(FLAGS, relay.url));
  }

  /** Both sides are equal, and the EL was stopped cleanly once: without that geth has nothing to come back to. */
  static async start(kind: ElKind, seed: string): Promise<ChaosWorld> {
    const world = await FollowWorld.start({ ...CHAIN, seed: `chaos-${seed}`, source: sourceOf(kind), follower: kind });
    let replica: FaultProxy | undefined;
    let relay: Relay | undefined;
    try {
      replica = await FaultProxy.start(world.rig.source.httpUrl);
      relay = await Relay.open(world.source.url, world.rig.dir);
      const chaos = new ChaosWorld(world, replica, relay, seed);
      await world.rig.producer.produce(FIRST_BLOCKS);
      await chaos.lockstep.start();
      await chaos.untilEqual(START_DEADLINE_MS);
      await world.rig.restartFollower('SIGTERM');
      await chaos.untilEqual(START_DEADLINE_MS);
      return chaos;
    } catch (error) {
      await relay?.close();
      await replica?.close();
      await world.close();
      throw error;
    }
  }

  /** Returns early when lockstep has ended for good, which its failures tell. */
  async untilEqual(deadlineMs: number): Promise<void> {
    const ended = async (): Promise<boolean> => this.lockstep.failures.length > 0 || (await isHealed(this.world));
    try {
      await waitUntil('both sides are equal', ended, deadlineMs);
    } catch (cause) {
      throw new Error(`not equal; lockstep logged last:\n${lastLines(this.lockstep.log())}`, { cause });
    }
  }

  /** A fault on the way to the source, or to the engine port; returns what ends it. */
  fault(port: 'source' | 'engine', fault: ExchangeFault, match: Match = {}): () => void {
    const injection = this.world[port].inject({ match, fault });
    return () => injection.remove();
  }

  /**
   * A branch of empty blocks of its own, as a second consensus client would make it: none goes below what is final, and a geth
   * that is led there breaks, because final blocks are frozen ("Impossible reorg").
   */
  async leadAstray(depth: number, length: number): Promise<void> {
    this.#branches += 10;
    const { rig } = this.world;
    const { unsafe, finalized } = await rig.heads('follower');
    // One that was killed shows no labels, and keeps what it froze.
    const lowest = finalized ?? (await rig.heads('source')).finalized;
    const above = unsafe.number - (lowest?.number ?? 0);
    const place = {
      ...{ depth: Math.max(0, Math.min(depth, above)), length },
      ...{ branch: this.#branches, labels: 'keep' as const },
    };
    await divert(rig.follower, { ...CHAIN, seed: this.seed }, place);
  }

  signalEl(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.world.rig.follower.pid, signal);
  }

  async close(files: 'keep' | 'delete'): Promise<void> {
    await this.relay.close();
    await this.replica.close();
    await this.world.close(files);
  }
}

function sourceOf(kind: ElKind): ElKind {
  if (kind === 'ethereumjs') return 'ethereumjs';
  return isOpStack(kind) ? 'op-geth' : 'geth';
}
