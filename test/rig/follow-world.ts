import { join } from 'node:path';
import { startLockstep, type LockstepProcess } from '../../devnet/rig/lockstep-process.js';
import type { Producer } from '../../devnet/producer/producer.js';
import { startRig, type Rig, type RigOptions } from '../../devnet/rig/rig.js';
import { waitUntil } from '../../devnet/wait-until.js';
import type { Heads } from '../../src/chain/block.js';
import { isJsonObject, type JsonObject } from '../../src/util/json.js';
import { ConsensusStub } from './consensus-stub.js';
import { FaultProxy } from '../../devnet/proxy/fault-proxy.js';
import { POLL_FLAG, QUICK_FLAGS } from './quick-flags.js';
import type { WireRules } from './wire-rules.js';

/** What says the heads of the source: its EL, or a consensus client beside it. */
export type Dialect = 'execution' | 'consensus';
export const DIALECTS: readonly Dialect[] = ['execution', 'consensus'];

interface WorldOptions extends RigOptions {
  readonly dialect: Dialect;
}

const DEFAULTS: WorldOptions = {
  seed: 'world',
  source: 'ethereumjs',
  follower: 'ethereumjs',
  txsPerBlock: 2,
  safeDistance: 3,
  finalizedDistance: 6,
  blockTimeMs: 1_000,
  dialect: 'execution',
};

/** Two real ELs, a block producer, and a fault proxy before each port that lockstep talks to. */
export class FollowWorld {
  readonly #lockstepsToStop: LockstepProcess[] = [];
  #runs = 0;

  private constructor(
    readonly rig: Rig,
    /** Before the RPC of the source. */
    readonly source: FaultProxy,
    /** Before the engine port of the follower EL. */
    readonly engine: FaultProxy,
    /** The consensus client of the source, and the proxy before it. */
    readonly consensus: { readonly stub: ConsensusStub; readonly proxy: FaultProxy } | null,
  ) {}

  static async start(options: Partial<WorldOptions> = {}): Promise<FollowWorld> {
    const { dialect, ...rigOptions } = { ...DEFAULTS, ...options };
    const started: { engine?: FaultProxy } = {};
    const rig = await startRig({ ...rigOptions, onFollowerRestart: () => started.engine?.log.newSession() });
    const source = await FaultProxy.start(rig.source.httpUrl);
    const engine = await FaultProxy.start(rig.follower.engineUrl);
    started.engine = engine;
    const consensus = dialect === 'consensus' ? await startConsensus(rig.source.httpUrl) : null;
    return new FollowWorld(rig, source, engine, consensus);
  }

  /** The proxy before the consensus client, in a world of that dialect. */
  get cl(): FaultProxy {
    if (this.consensus === null) throw new Error('this world has no consensus client');
    return this.consensus.proxy;
  }

  get jwtSecretFile(): string {
    return join(this.rig.dir, 'jwt.hex');
  }

  /**
   * Starts lockstep between the two proxies, with a log of its own. Both proxies are this process, so sides that stand
   * at the same block look like one node to the pre-flight: then `sourceUrl` has to pass the proxy by. The tickers are
   * quick unless the flags set them.
   */
  async lockstep(flags: readonly string[] = [], sourceUrl = this.source.url): Promise<LockstepProcess> {
    this.#runs += 1;
    this.engine.log.newLife();
    const lockstep = await startLockstep({
      sourceUrl,
      engineUrl: this.engine.url,
      jwtSecretFile: this.jwtSecretFile,
      logFile: join(this.rig.dir, `lockstep-${this.#runs}.log`),
      cwd: this.rig.dir,
      flags: [...(flags.includes(POLL_FLAG) ? [] : QUICK_FLAGS), ...this.clFlags, '--log.level', 'debug', ...flags],
    });
    this.#lockstepsToStop.push(lockstep);
    return lockstep;
  }

  /** What tells lockstep of the consensus client, where there is one. */
  get clFlags(): readonly string[] {
    return this.consensus === null ? [] : ['--l2.follow.source.cl', this.cl.url];
  }

  /** Waits until the follower EL shows the head, safe and finalized blocks of the producer, by hash. */
  async untilEqual(deadlineMs = 30_000): Promise<void> {
    await untilSame(this.rig.producer, () => this.rig.heads('follower'), deadlineMs);
  }

  /** The follower EL's head as a number. */
  async localHead(): Promise<number> {
    return (await this.rig.heads('follower')).unsafe.number;
  }

  /** For a world whose sides may be on different branches. */
  get recoveryRules(): WireRules {
    const { source, follower, producer } = this.rig;
    const recovery = { sourceUrl: source.httpUrl, ownUrl: follower.httpUrl, made: producer.made };
    return { blocksUrl: source.httpUrl, recovery };
  }

  async close(files: 'keep' | 'delete' = 'delete'): Promise<void> {
    await Promise.all(this.#lockstepsToStop.map((lockstep) => lockstep.kill()));
    await Promise.all([this.source.close(), this.engine.close(), this.consensus?.proxy.close()]);
    await this.consensus?.stub.close();
    await this.rig.close(files);
  }
}

async function startConsensus(elUrl: string): Promise<FollowWorld['consensus']> {
  const stub = await ConsensusStub.start(elUrl);
  return { stub, proxy: await FaultProxy.start(stub.url) };
}

/** Waits until an EL shows the head, safe and finalized blocks of the producer, by hash. */
export async function untilSame(producer: Producer, heads: () => Promise<Heads>, deadlineMs: number): Promise<void> {
  const equal = async (): Promise<boolean> => {
    const { unsafe, safe, finalized } = await heads();
    return (
      unsafe.hash === producer.head.hash &&
      safe?.hash === producer.labels.safe?.hash &&
      finalized?.hash === producer.labels.finalized?.hash
    );
  };
  await waitUntil('both sides show the same blocks', equal, deadlineMs);
}

/** Waits until lockstep has logged a line with these fields. */
export async function untilLogged(lockstep: LockstepProcess, fields: JsonObject, deadlineMs = 20_000): Promise<void> {
  const what = `a log line with ${JSON.stringify(fields)}`;
  await waitUntil(what, () => Promise.resolve(loggedLines(lockstep, fields).length > 0), deadlineMs);
}

/** The log lines that carry these fields. */
export function loggedLines(lockstep: LockstepProcess, fields: JsonObject): readonly JsonObject[] {
  return lockstep.log().filter((line) => isJsonObject(line) && Object.entries(fields).every(([k, v]) => line[k] === v));
}
