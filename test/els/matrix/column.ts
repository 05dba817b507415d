import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { opGethVersion } from '../../../devnet/els/geth/launch.js';
import { launchEl, type ElKind, type RunningEl } from '../../../devnet/els/el.js';
import { readHeads } from '../../../devnet/heads.js';
import { startLockstep, type LockstepProcess } from '../../../devnet/rig/lockstep-process.js';
import { rpcClient, type RpcClient } from '../../../devnet/rpc.js';
import { waitUntil } from '../../../devnet/wait-until.js';
import type { Heads } from '../../../src/chain/block.js';
import type { Engine } from '../../../src/engine/engine.js';
import { createEngine } from '../../../src/engine/http.js';
import { FaultProxy } from '../../../devnet/proxy/fault-proxy.js';
import { QUICK_FLAGS } from '../../rig/quick-flags.js';
import { wireBreaches } from '../../rig/wire-rules.js';
import type { Family } from './family.js';

export type Signal = 'SIGTERM' | 'SIGKILL';

/** Bounds a hang: the slowest EL replays 500 blocks within it also where the machine is busy. */
const DEADLINE_MS = 300_000;

/** One EL beside the source of its family, with lockstep between them and a log of what passes its engine port. */
export class Column {
  /** Writes that broke a rule. */
  readonly breaches: string[] = [];
  private running: LockstepProcess | null = null;
  private lives = 0;
  private runs = 0;

  private constructor(
    readonly family: Family,
    readonly kind: ElKind,
    private readonly dir: string,
    private current: RunningEl,
    readonly proxy: FaultProxy,
  ) {}

  static async open(family: Family, kind: ElKind): Promise<Column> {
    const dir = family.columnDir();
    const el = await launch(family, kind, join(dir, 'life-0'));
    return new Column(family, kind, dir, el, await FaultProxy.start(el.engineUrl));
  }

  get el(): RunningEl {
    return this.current;
  }

  /** The engine port itself, past the proxy and its log. */
  get port(): RpcClient {
    return rpcClient(this.current.engineUrl, this.current.jwtSecretFile);
  }

  /** The RPC that users of the EL see. */
  get rpc(): RpcClient {
    return rpcClient(this.current.httpUrl);
  }

  get hasLockstep(): boolean {
    return this.running !== null;
  }

  get lockstep(): LockstepProcess {
    if (this.running === null) throw new Error('lockstep is not running');
    return this.running;
  }

  /** What the EL calls itself, on the engine port where it can. */
  async version(): Promise<string> {
    const identity = await this.withEngine((engine, signal) => engine.identify(signal));
    const told = identity.clientVersion ?? /^[^/]*\/[^/]*/.exec(this.current.version)?.[0] ?? 'unknown';
    // Built from its module, op-geth knows neither its name nor its version.
    return this.kind === 'op-geth' ? `${told} (${opGethVersion()})` : told;
  }

  heads(): Promise<Heads> {
    return readHeads(this.rpc);
  }

  async startLockstep(sourceUrl = this.family.source.httpUrl): Promise<LockstepProcess> {
    this.runs += 1;
    this.running = await startLockstep({
      sourceUrl,
      engineUrl: this.proxy.url,
      jwtSecretFile: this.family.jwtSecretFile,
      logFile: join(this.dir, `lockstep-${this.runs}.log`),
      cwd: this.dir,
      flags: [...QUICK_FLAGS, '--log.level', 'debug'],
    });
    return this.running;
  }

  async endLockstep(signal: Signal): Promise<void> {
    const { code } = await (signal === 'SIGTERM' ? this.lockstep.stop() : this.lockstep.kill());
    this.running = null;
    if (signal === 'SIGTERM' && code !== 0) throw new Error(`lockstep ended with ${code} on SIGTERM`);
  }

  async endEl(signal: Signal): Promise<void> {
    await (signal === 'SIGTERM' ? this.current.stop() : this.current.kill());
    this.proxy.log.newSession();
  }

  /** The same database on the same ports. */
  async startEl(): Promise<void> {
    this.current = await launch(this.family, this.kind, join(this.dir, `life-${this.lives}`), this.current);
  }

  /** Another life of the EL, on an empty database. */
  async startAnew(): Promise<void> {
    await this.current.kill();
    this.lives += 1;
    await this.startEl();
    await this.judgeWrites();
  }

  /** Checks what was sent since the last time, and forgets it. */
  async judgeWrites(): Promise<void> {
    this.breaches.push(...(await wireBreaches(this.proxy.log, { blocksUrl: this.family.source.httpUrl })));
    this.proxy.log.clear();
  }

  /** What the EL shows after a restart, before lockstep sees it. */
  async restartEl(signal: Signal): Promise<Heads> {
    await this.proxy.down();
    await this.endEl(signal);
    await this.startEl();
    const heads = await this.heads();
    await this.proxy.up();
    return heads;
  }

  /** Lets the source make blocks and waits until the EL has them and their labels. */
  async follow(blocks: number): Promise<void> {
    await this.family.producer.produce(blocks);
    await this.untilEqual();
  }

  /** Waits until the EL shows head, safe and finalized of the source, by hash. */
  async untilEqual(): Promise<void> {
    await this.until('both sides show the same blocks', () => this.isEqual());
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await waitUntil(`${this.kind}: ${what}`, condition, DEADLINE_MS);
  }

  async isEqual(): Promise<boolean> {
    const { head, labels } = this.family.producer;
    const own = await this.heads();
    return (
      own.unsafe.hash === head.hash &&
      own.safe?.hash === labels.safe?.hash &&
      own.finalized?.hash === labels.finalized?.hash
    );
  }

  /** Lends the engine client of the project, straight to the EL. */
  async withEngine<T>(use: (engine: Engine, signal: AbortSignal) => Promise<T>): Promise<T> {
    const jwtSecret = Buffer.from(readFileSync(this.family.jwtSecretFile, 'utf8').trim(), 'hex');
    const engine = createEngine({ url: this.current.engineUrl, jwtSecret, timeoutMs: 30_000, version: 'test' });
    const { signal } = new AbortController();
    try {
      await engine.identify(signal);
      return await use(engine, signal);
    } finally {
      await engine.close();
    }
  }

  async close(): Promise<void> {
    await this.running?.kill();
    await this.proxy.close();
    await this.current.kill();
  }
}

function launch(family: Family, kind: ElKind, dataDir: string, before?: RunningEl): Promise<RunningEl> {
  const port = (url: string | undefined): number => (url === undefined ? 0 : Number(new URL(url).port));
  return launchEl(kind, {
    dataDir,
    genesis: family.genesis,
    jwtSecretFile: family.jwtSecretFile,
    persistent: true,
    httpPort: port(before?.httpUrl),
    enginePort: port(before?.engineUrl),
  });
}
