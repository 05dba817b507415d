import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchEl, type ElKind, type ElOptions, type RunningEl } from '../../devnet/els/el.js';
import type { Genesis } from '../../devnet/genesis.js';
import { readHeads } from '../../devnet/heads.js';
import { startLockstep, type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import { rpcClient } from '../../devnet/rpc.js';
import type { Heads } from '../../src/chain/block.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { type FollowWorld, untilSame } from './follow-world.js';
import { QUICK_FLAGS } from './quick-flags.js';

/** One more EL, empty at the start, that follows the source of a world by a lockstep of its own. */
export class ExtraFollower {
  #lockstep: LockstepProcess | null = null;

  private constructor(
    private readonly world: FollowWorld,
    private readonly options: ElOptions,
    private el: RunningEl,
    /** Before its engine port. */
    readonly engine: FaultProxy,
  ) {}

  /** `name` tells its directory from those of others. Without lockstep yet. */
  static async start(world: FollowWorld, kind: ElKind, name: string): Promise<ExtraFollower> {
    const { dir } = world.rig;
    const genesis = JSON.parse(readFileSync(join(dir, 'genesis.json'), 'utf8')) as Genesis;
    const options = { dataDir: join(dir, name), genesis, jwtSecretFile: world.jwtSecretFile };
    const el = await launchEl(kind, options);
    return new ExtraFollower(world, options, el, await FaultProxy.start(el.engineUrl));
  }

  async startLockstep(): Promise<void> {
    this.#lockstep = await startLockstep({
      sourceUrl: this.world.source.url,
      engineUrl: this.engine.url,
      jwtSecretFile: this.options.jwtSecretFile,
      logFile: join(this.options.dataDir, 'lockstep.log'),
      cwd: this.options.dataDir,
      flags: QUICK_FLAGS,
    });
  }

  /** SIGKILL for lockstep, then another one. */
  async restartLockstep(): Promise<void> {
    await this.#lockstep?.kill();
    await this.startLockstep();
  }

  /** SIGTERM for the EL, then the same again on the same ports and data. */
  async restartEl(): Promise<void> {
    await this.el.stop();
    this.el = await launchEl(this.el.kind, {
      ...this.options,
      httpPort: Number(new URL(this.el.httpUrl).port),
      enginePort: Number(new URL(this.el.engineUrl).port),
    });
  }

  heads(): Promise<Heads> {
    return readHeads(rpcClient(this.el.httpUrl));
  }

  async untilEqual(deadlineMs: number): Promise<void> {
    await untilSame(this.world.rig.producer, () => this.heads(), deadlineMs);
  }

  async close(): Promise<void> {
    await this.#lockstep?.kill();
    await this.engine.close();
    await this.el.kill();
  }
}
