import { setTimeout as wait } from 'node:timers/promises';
import type { Heads } from '../src/chain/block.js';
import type { DevnetFlags } from './flags.js';
import { readRef } from './heads.js';
import { startRig, type Rig } from './rig/rig.js';
import { rpcClient } from './rpc.js';
import { Rate } from './view/rate.js';
import type { Screen } from './view/screen.js';
import { agree, LABELS, type Snapshot } from './view/snapshot.js';

const LOOK_EVERY_MS = 200;

/** How long both sides may take to agree once the source has made its last block. */
const AGREEMENT_DEADLINE_MS = 60_000;

const LOCKSTEP_SAFETY_INTERVAL_MS = 1_000;
const LOCKSTEP_POLL_MAX_MS = 500;
const LOCKSTEP_POLL_MIN_MS = 100;

/**
 * Runs the devnet until `signal` aborts, or until the wanted number of blocks is followed.
 * Returns whether what was asked for happened. Nothing that it started is left when it returns or throws.
 */
export async function runDevnet(flags: DevnetFlags, screen: Screen, signal: AbortSignal): Promise<boolean> {
  screen.say(`starting: source ${flags.sourceEl}, follower ${flags.followerEl}, seed ${flags.seed}`);
  const rig = await startRig({
    seed: flags.seed,
    source: flags.sourceEl,
    follower: flags.followerEl,
    dir: flags.keepData,
    persistent: flags.keepData !== null || flags.restartFollowerAt !== null,
    genesisTimestamp: Math.floor(Date.now() / 1000),
    clock: 'wall',
    txsPerBlock: flags.txsPerBlock,
    blobs: flags.blobs,
    safeDistance: flags.safeDistance,
    finalizedDistance: flags.finalizedDistance,
    blockTimeMs: flags.blockTimeMs,
  });
  let succeeded = false;
  try {
    screen.say(`source ${rig.source.httpUrl}, follower ${rig.follower.httpUrl}, logs in ${rig.dir}`);
    succeeded = await new Devnet(rig, flags, screen).run(signal);
  } finally {
    // Whoever looks for the reason of a failure needs the logs.
    await rig.close(succeeded ? 'delete' : 'keep');
  }
  return succeeded;
}

class Devnet {
  private readonly sourceRate = new Rate();
  private readonly localRate = new Rate();
  private readonly firstBlock: number;
  private killLockstepAt: number;
  private restartFollowerAt: number;
  private lockstep: Snapshot['lockstep'] = 'ended';
  private faults: Promise<void> = Promise.resolve();
  private faultFailure: unknown = null;

  constructor(
    private readonly rig: Rig,
    private readonly flags: DevnetFlags,
    private readonly screen: Screen,
  ) {
    this.firstBlock = rig.producer.head.number;
    this.killLockstepAt = flags.killLockstepAt ?? Number.POSITIVE_INFINITY;
    this.restartFollowerAt = flags.restartFollowerAt ?? Number.POSITIVE_INFINITY;
  }

  async run(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.follow(signal);
    } finally {
      await this.faults;
    }
  }

  private async follow(signal: AbortSignal): Promise<boolean> {
    await this.startLockstep();
    this.rig.producer.start(this.flags.blocks ?? Number.POSITIVE_INFINITY);
    const startedAt = performance.now();
    let deadline = Number.POSITIVE_INFINITY;
    while (!signal.aborted) {
      const snapshot = await this.look();
      this.screen.show(snapshot);
      this.failIfBroken();
      this.injectFaults();
      if (this.flags.blocks !== null && this.rig.producer.head.number >= this.firstBlock + this.flags.blocks) {
        if (snapshot.local !== null && agree(snapshot.source, snapshot.local)) {
          this.report(snapshot.source, performance.now() - startedAt);
          return true;
        }
        deadline = Math.min(deadline, performance.now() + AGREEMENT_DEADLINE_MS);
        if (performance.now() > deadline) return false;
      }
      await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    return this.flags.blocks === null;
  }

  private async startLockstep(): Promise<void> {
    const pollMs = Math.min(LOCKSTEP_POLL_MAX_MS, Math.max(LOCKSTEP_POLL_MIN_MS, this.flags.blockTimeMs / 2));
    const lockstep = await this.rig.startLockstep([
      ...['--l2.follow.poll-interval', `${Math.round(pollMs)}ms`],
      ...['--l2.follow.safety-interval', `${LOCKSTEP_SAFETY_INTERVAL_MS}ms`],
      ...['--log.level', this.flags.logLevel],
    ]);
    this.lockstep = 'running';
    void lockstep.exited.then(() => {
      if (this.lockstep === 'running') this.lockstep = 'ended';
    });
  }

  private async look(): Promise<Snapshot> {
    const source = await this.rig.heads('source');
    const local = await this.rig.heads('follower').catch(() => null);
    const http = rpcClient(this.rig.source.httpUrl);
    const now = performance.now();
    return {
      source,
      local,
      sourceAtLocal: local === null ? null : await readRef(http, local.unsafe.number),
      sourceRate: this.sourceRate.sample(source.unsafe.number, now),
      localRate: this.localRate.sample(local?.unsafe.number ?? 0, now),
      lockstep: this.lockstep,
    };
  }

  private failIfBroken(): void {
    const { failure } = this.rig.producer;
    if (failure !== null) throw new Error('the source makes no more blocks', { cause: failure });
    if (this.faultFailure !== null) throw new Error('a restart failed', { cause: this.faultFailure });
    if (this.lockstep === 'ended') throw new Error(`lockstep has ended; its log is in ${this.rig.dir}`);
  }

  /** A fault runs beside the view, so that the view shows what it does. */
  private injectFaults(): void {
    const height = this.rig.producer.head.number;
    if (height >= this.killLockstepAt) {
      this.killLockstepAt = Number.POSITIVE_INFINITY;
      this.screen.say(`killing lockstep at source block ${height}`);
      this.startFault(() => this.killLockstep());
    }
    if (height >= this.restartFollowerAt) {
      this.restartFollowerAt = Number.POSITIVE_INFINITY;
      this.screen.say(`restarting the follower EL at source block ${height}`);
      this.startFault(() => this.rig.restartFollower('SIGTERM'));
    }
  }

  private startFault(fault: () => Promise<void>): void {
    this.faults = this.faults.then(fault).catch((error: unknown) => {
      this.faultFailure = error;
    });
  }

  private async killLockstep(): Promise<void> {
    this.lockstep = 'restarting';
    await this.rig.lockstep?.kill();
    await this.startLockstep();
  }

  private report(heads: Heads, elapsedMs: number): void {
    const blocks = heads.unsafe.number - this.firstBlock;
    this.screen.say(`followed ${blocks} blocks in ${(elapsedMs / 1000).toFixed(1)} s; source and local are equal:`);
    for (const label of LABELS) {
      const ref = heads[label];
      this.screen.say(`${label.padEnd(10)} ${ref === null ? '-' : `${ref.number} ${ref.hash}`}`);
    }
  }
}
