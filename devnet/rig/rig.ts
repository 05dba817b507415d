import { join } from 'node:path';
import type { Heads } from '../../src/chain/block.js';
import { isOpStack, launchEl, type ElKind, type ElOptions, type RunningEl } from '../els/el.js';
import { createGenesis, FIXED_GENESIS_TIMESTAMP, type Genesis } from '../genesis.js';
import { readHeads } from '../heads.js';
import { isAlive } from '../process/bound-process.js';
import { ALL_AT_GENESIS, createOpGenesis } from '../op-stack/genesis.js';
import { createProducer, type Producer, type ProducerOptions } from '../producer/producer.js';
import { rpcClient } from '../rpc.js';
import { waitUntil } from '../wait-until.js';
import { startLockstep, type LockstepProcess } from './lockstep-process.js';
import { openWorkDir, type WorkDir } from './work-dir.js';

export interface RigOptions extends ProducerOptions {
  readonly source: ElKind;
  readonly follower: ElKind;
  /** Keeps everything there; null or absent makes a temporary directory. */
  readonly dir?: string | null;
  /** The ELs keep their chains over a restart. */
  readonly persistent?: boolean;
  /** Of a new chain, in seconds. */
  readonly genesisTimestamp?: number;
  /** For the source, when it is a geth. */
  readonly sourceFlags?: readonly string[];
  /** For the follower, when it is a geth. */
  readonly followerFlags?: readonly string[];
  /** The follower EL has ended, and is about to be started again. */
  readonly onFollowerRestart?: () => void;
}

export type Side = 'source' | 'follower';

/** A source EL with a block producer, a follower EL, and lockstep between them when it is asked for. */
export interface Rig {
  readonly dir: string;
  /** Another one after each restart; its URLs stay. */
  readonly source: RunningEl;
  readonly follower: RunningEl;
  /** Of the running source. */
  readonly producer: Producer;
  /** The running one, or the last one; null before the first start. */
  readonly lockstep: LockstepProcess | null;
  heads(side: Side): Promise<Heads>;
  /** Starts lockstep; the one before must have ended. */
  startLockstep(flags?: readonly string[]): Promise<LockstepProcess>;
  /** Starts the follower EL that has ended again, on the same ports and data. */
  startFollower(): Promise<void>;
  /** SIGTERM or SIGKILL for the follower EL, and the start. */
  restartFollower(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The same for the source EL, whose new producer stands at the head that came back; the old one must have stopped. */
  startSource(): Promise<void>;
  /**
   * Ends every process that the rig started and returns when they are gone. A temporary directory is deleted unless
   * its files are wanted.
   */
  close(files?: 'keep' | 'delete'): Promise<void>;
}

/** A source must be able to rewind as far as a test wants it to. */
const SOURCE_FLAGS: Readonly<Record<ElKind, readonly string[]>> = {
  ethereumjs: [],
  geth: ['--engine.maxreorgdepth', '0'],
  reth: [],
  'op-geth': [],
  'op-reth': [],
};

const GONE_DEADLINE_MS = 5_000;

export async function startRig(options: RigOptions): Promise<Rig> {
  const workDir = openWorkDir(options.dir ?? null, options.seed, newGenesis(options));
  const launched: RunningEl[] = [];
  try {
    const [sourceOptions, followerOptions] = elOptions(options, workDir);
    const launches = await Promise.allSettled([
      launchEl(options.source, sourceOptions),
      launchEl(options.follower, followerOptions),
    ]);
    for (const launch of launches) if (launch.status === 'fulfilled') launched.push(launch.value);
    for (const launch of launches) if (launch.status === 'rejected') throw launch.reason;
    const [source, follower] = launched;
    if (source === undefined || follower === undefined) throw new Error('an EL is missing');
    const producer = await createProducer(source, options);
    return new RunningRig(workDir, source, follower, producer, { ...options, sourceOptions, followerOptions });
  } catch (error) {
    await Promise.all(launched.map((el) => el.kill()));
    workDir.remove();
    throw error;
  }
}

/** @throws Error when one of the two ELs runs the OP Stack and the other one does not. */
function newGenesis({ source, follower, seed, genesisTimestamp, forks }: RigOptions): Genesis {
  if (isOpStack(source) !== isOpStack(follower)) {
    const [opStack, ethereum] = isOpStack(source) ? [source, follower] : [follower, source];
    throw new Error(`${opStack} runs an OP Stack chain and ${ethereum} an Ethereum one: neither can follow the other`);
  }
  const timestamp = genesisTimestamp ?? FIXED_GENESIS_TIMESTAMP;
  if (!isOpStack(source)) return createGenesis({ seed, timestamp });
  return createOpGenesis({ seed, timestamp, forks: forks ?? ALL_AT_GENESIS });
}

function elOptions(options: RigOptions, workDir: WorkDir): readonly [ElOptions, ElOptions] {
  const common = {
    genesis: workDir.genesis,
    jwtSecretFile: workDir.jwtSecretFile,
    persistent: options.persistent ?? false,
  };
  return [
    {
      ...common,
      dataDir: join(workDir.path, `source-${options.source}`),
      extraFlags: [...SOURCE_FLAGS[options.source], ...(options.sourceFlags ?? [])],
    },
    {
      ...common,
      dataDir: join(workDir.path, `follower-${options.follower}`),
      extraFlags: options.followerFlags ?? [],
    },
  ];
}

class RunningRig implements Rig {
  private currentLockstep: LockstepProcess | null = null;
  private readonly pids: Set<number>;

  constructor(
    private readonly workDir: WorkDir,
    private currentSource: RunningEl,
    private currentFollower: RunningEl,
    private currentProducer: Producer,
    private readonly options: RigOptions & { readonly sourceOptions: ElOptions; readonly followerOptions: ElOptions },
  ) {
    this.pids = new Set([currentSource.pid, currentFollower.pid]);
  }

  get dir(): string {
    return this.workDir.path;
  }

  get source(): RunningEl {
    return this.currentSource;
  }

  get follower(): RunningEl {
    return this.currentFollower;
  }

  get producer(): Producer {
    return this.currentProducer;
  }

  get lockstep(): LockstepProcess | null {
    return this.currentLockstep;
  }

  heads(side: Side): Promise<Heads> {
    return readHeads(rpcClient((side === 'source' ? this.source : this.follower).httpUrl));
  }

  async startLockstep(flags: readonly string[] = []): Promise<LockstepProcess> {
    const lockstep = await startLockstep({
      sourceUrl: this.source.httpUrl,
      engineUrl: this.follower.engineUrl,
      jwtSecretFile: this.workDir.jwtSecretFile,
      logFile: join(this.dir, 'lockstep.log'),
      cwd: this.dir,
      flags,
    });
    this.pids.add(lockstep.pid);
    this.currentLockstep = lockstep;
    return lockstep;
  }

  async startFollower(): Promise<void> {
    this.options.onFollowerRestart?.();
    this.currentFollower = await this.startAgain(this.currentFollower, this.options.followerOptions);
  }

  async restartFollower(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await (signal === 'SIGTERM' ? this.follower.stop() : this.follower.kill());
    await this.startFollower();
  }

  async startSource(): Promise<void> {
    this.currentSource = await this.startAgain(this.currentSource, this.options.sourceOptions);
    this.currentProducer = await createProducer(this.currentSource, this.options);
  }

  private async startAgain(before: RunningEl, options: ElOptions): Promise<RunningEl> {
    const el = await launchEl(before.kind, {
      ...options,
      httpPort: Number(new URL(before.httpUrl).port),
      enginePort: Number(new URL(before.engineUrl).port),
    });
    this.pids.add(el.pid);
    return el;
  }

  async close(files: 'keep' | 'delete' = 'delete'): Promise<void> {
    await this.producer.stop();
    await this.currentLockstep?.stop();
    const els = [this.source, this.currentFollower];
    await Promise.all(els.map((el) => (this.options.persistent === true ? el.stop() : el.kill())));
    const allGone = (): boolean => [...this.pids].every((pid) => !isAlive(pid));
    await waitUntil('every process of the rig is gone', allGone, GONE_DEADLINE_MS);
    if (files === 'delete') this.workDir.remove();
  }
}
